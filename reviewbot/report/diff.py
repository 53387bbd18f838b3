"""A suggestion as a diff, for places where it cannot be a button."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from reviewbot.outcome import Suggestion
from reviewbot.source.text import Text

_CONTEXT = 3
_MOST_COMPARED = 400
"""Lines on either side that are compared one by one; larger blocks are shown as replaced altogether."""


class DiffLine(Struct, frozen=True):
    """One line: ``mark`` is ``" "``, ``"-"``, ``"+"`` or, for the head of a hunk, ``"@"``; ``text`` has no line end."""

    mark: str
    text: str

    def __str__(self) -> str:
        return self.text if self.mark == "@" else f"{self.mark}{self.text}"


def suggestion_diff(suggestion: Suggestion, text: Text | None, context: int = _CONTEXT) -> list[DiffLine]:
    """The unified diff that a suggestion makes of the head's file; ``text`` is None for a file it creates."""
    first, last = suggestion.first_line, suggestion.last_line
    lead = _lines(text, max(1, first - context), first - 1)
    tail = _lines(text, last + 1, last + context)
    old = [*lead, *_lines(text, first, last), *tail]
    new = [*lead, *_split(suggestion.replacement), *tail]
    shows_ends = len({line.endswith("\r\n") for line in (*old, *new) if line.endswith("\n")}) > 1
    return list(_hunks(old, new, first - len(lead), context, shows_ends))


def compact_diff(suggestion: Suggestion, text: Text | None) -> list[DiffLine]:
    """The diff without heads of hunks, from its first changed line to the last, with the unchanged lines between them; ``…``
    stands for many. An insertion keeps a line on either side: it is told by what it stands next to."""
    lines = suggestion_diff(suggestion, text)
    changed = [n for n, line in enumerate(lines) if line.mark in "+-"]
    if not changed:
        return []
    around = 0 if text is None or any(line.mark == "-" for line in lines) else 1
    shown = lines[max(0, changed[0] - around) : changed[-1] + 1 + around]
    return [DiffLine(" ", "…") if line.mark == "@" else line for n, line in enumerate(shown) if n or line.mark != "@"]


def _lines(text: Text | None, first: int, last: int) -> list[str]:
    if text is None:
        return []
    return [text[text.line_span(number)] for number in range(first, min(last, text.line_count) + 1)]


def _split(replacement: str) -> list[str]:
    lines = [f"{line}\n" for line in replacement.split("\n")]
    lines[-1] = lines[-1][:-1]
    return [line for line in lines if line]


def _hunks(old: Sequence[str], new: Sequence[str], first: int, context: int, shows_ends: bool) -> Iterator[DiffLine]:
    if max(len(old), len(new)) > _MOST_COMPARED:
        groups = [[("replace", 0, len(old), 0, len(new))]]
    else:
        groups = list(difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context))
    for group in groups:
        (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        removed = _range(first + old_start, old_end - old_start)
        yield DiffLine("@", f"@@ -{removed} +{_range(first + new_start, new_end - new_start)} @@")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (DiffLine(" ", _shown(line, shows_ends)) for line in old[i1:i2])
                continue
            yield from (DiffLine("-", _shown(line, shows_ends)) for line in old[i1:i2])
            yield from (DiffLine("+", _shown(line, shows_ends)) for line in new[j1:j2])


def _range(first: int, length: int) -> str:
    if length == 0:
        first -= 1
    return str(first) if length == 1 else f"{first},{length}"


def _shown(line: str, shows_ends: bool) -> str:
    """A line without its end; a carriage return is kept for showing where the diff is about line ends."""
    content = line.removesuffix("\n")
    return content if shows_ends else content.removesuffix("\r")
