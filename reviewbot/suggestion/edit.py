"""Applying edits: exactly the named bytes change, all others stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from reviewbot.finding import Edit
from reviewbot.source.text import Span, Text


class EditConflict(Exception):
    """Two edits want the same characters."""


def apply_edits(text: Text, edits: Iterable[Edit]) -> Text:
    """The text with all edits applied at once; equal edits count once, insertions at one point keep their order.

    Raises EditConflict where two different edits overlap.
    """
    pieces: list[str] = []
    position = 0
    previous: Edit | None = None
    for edit in sorted(dict.fromkeys(edits), key=lambda e: (e.span.start, e.span.end)):
        if edit.span.start < position or (previous and _clash(previous, edit)):
            raise EditConflict(f"two edits of {text.path} at {text.position(edit.span.start)}")
        pieces += (text.content[position : edit.span.start], edit.replacement)
        position = edit.span.end
        previous = edit
    pieces.append(text.content[position:])
    return Text(text.path, "".join(pieces))


def _clash(first: Edit, second: Edit) -> bool:
    """Replacements of the same span; two insertions at one point do not clash."""
    return first.span == second.span and first.span.start != first.span.end


class LineBlock(Struct, frozen=True, order=True):
    """Whole lines ``first``..``last`` of a file (``last == first - 1``: the point before ``first``)."""

    first: int
    last: int

    def overlaps(self, other: LineBlock) -> bool:
        return self.first <= max(other.last, other.first) and other.first <= max(self.last, self.first)


def lines_touched(text: Text, span: Span) -> LineBlock:
    """The whole lines that an edit of this span belongs to; an insertion belongs to the line it stands in.

    An insertion at the start of a line belongs to that line, at the end of the file to the last one.
    """
    if not text.content:
        return LineBlock(1, 0)
    start = span.start
    if start == len(text.content) and span.start == span.end:
        start -= 1
    return LineBlock(*text.lines_of(Span(start, max(span.end, start))))


def as_lines(before: Text, edits: Sequence[Edit]) -> tuple[LineBlock, str]:
    """The edits as one replacement of whole lines: the lines, and what stands there afterwards.

    Lines at either end that the edits leave as they were are not part of it, but for an insertion: that keeps
    the line it was made at, so that the replacement has a place of its own to show it.
    """
    after = apply_edits(before, edits)
    if not before.content:
        return LineBlock(1, 0), after.content
    touched = [lines_touched(before, edit.span) for edit in edits]
    block = LineBlock(min(b.first for b in touched), max(b.last for b in touched))
    span = before.lines_span(block.first, block.last)
    growth = len(after.content) - len(before.content)
    return block, after.content[span.start : span.end + growth]


def replace_lines(text: Text, block: LineBlock, replacement: str) -> Text:
    """The text with whole lines replaced, as one click on a suggestion does it."""
    span = text.lines_span(block.first, block.last)
    return Text(text.path, text.content[: span.start] + replacement + text.content[span.end :])
