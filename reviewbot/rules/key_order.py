"""Putting the entries of a mapping, or the items of a list, into another order without touching their text."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.finding import Edit
from reviewbot.source.compose import ComposeFile, Entry, Node
from reviewbot.source.text import Span


def rank(key: str, order: Sequence[str]) -> tuple[int, str]:
    """Where a key stands in an order; what the order does not know comes last, by name."""
    return (order.index(key), "") if key in order else (len(order), key)


def reordered(compose: ComposeFile, mapping: Node, wanted: Sequence[str]) -> list[Edit]:
    """The lines of a block mapping's entries in another order, each with the comments above it.

    ``wanted`` are its keys. No edit where an entry shares its lines with something else, or where an anchor would
    then stand behind what uses it.
    """
    entries = [entry for entry in mapping.entries() if not entry.merged]
    text = compose.text
    if mapping.is_flow or mapping.is_alias or len(entries) < len(wanted) or compose.is_shared(mapping.span):
        return []
    by_key = {entry.key: entry for entry in entries}
    in_order = sorted(entries, key=lambda entry: entry.span.start)
    if any(mark in text[mapping.span] for mark in ("&", "*", "<<", "|+", ">+")) or len(by_key) < len(entries):
        return []
    blocks = _blocks(compose, in_order)
    if blocks is None:
        return []
    whole = Span(blocks[in_order[0].key].start, blocks[in_order[-1].key].end)
    pieces = [text[blocks[key]] for key in wanted if key in blocks]
    newline = text.newline
    ended = [piece if piece.endswith("\n") else piece + newline for piece in pieces]
    joined = "".join(ended)
    if not text[whole].endswith("\n"):
        joined = joined.removesuffix("\n").removesuffix("\r")
    return [] if joined == text[whole] else [Edit(compose.path, whole, joined)]


def _blocks(compose: ComposeFile, entries: Sequence[Entry]) -> dict[str, Span] | None:
    """Each entry's lines, from the comments above it to the line before the next one's."""
    text = compose.text
    starts = []
    for entry in entries:
        line = text.line_of(entry.key_span.start)
        if text.content[text.line_span(line).start : entry.key_span.start].strip():
            return None
        while line > 1 and text.line_text(line - 1).lstrip().startswith("#") and line - 1 not in starts:
            line -= 1
        starts.append(line)
    last = text.lines_of(entries[-1].span)[1]
    ends = [*(start - 1 for start in starts[1:]), last]
    return {e.key: text.lines_span(start, end) for e, start, end in zip(entries, starts, ends, strict=True)}
