"""Lines of a file with marks under the exact characters of a finding, as a fixed-width screen shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from reviewbot.finding import Finding, Location, Side
from reviewbot.markdown import visible
from reviewbot.outcome import Review
from reviewbot.report.width import cells
from reviewbot.source.text import Text

_TAB = 4
_MOST_LINES = 4
_MOST_REMOVED_LINES = 8
"""Of what a change removed more is shown: it stands nowhere else."""
_LONGEST = 20_000
"""Characters of one line that are looked at."""


class ExcerptLine(Struct, frozen=True):
    """One line: its number in the file, what is shown of it, and the marks below (empty: none)."""

    number: int
    text: str
    marks: str


class _Cell(Struct, frozen=True):
    """One character as it is shown: a tab as spaces, a hidden character as its escape."""

    shown: str
    width: int


def text_of(finding: Finding, review: Review) -> Text | None:
    """The file that a finding points into: the head's, or the base's for a removed line."""
    texts: Mapping[str, Text] = review.base_texts if finding.location.side is Side.LEFT else review.texts
    return texts.get(finding.location.path)


def excerpt(text: Text, at: Location, width: int = 100) -> list[ExcerptLine]:
    """The first lines of a location; longer ones than ``width`` cells are cut around the marks."""
    most = _MOST_REMOVED_LINES if at.side is Side.LEFT else _MOST_LINES
    last = min(at.end_line, text.line_count, at.line + most - 1)
    return [_line(text, number, at, width) for number in range(at.line, last + 1)]


def _line(text: Text, number: int, at: Location, width: int) -> ExcerptLine:
    content = text.line_text(number).removeprefix("\ufeff" if number == 1 else "")
    begin = at.column - 1 if number == at.line else len(content) - len(content.lstrip())
    end = at.end_column if number == at.end_line else len(content)
    start = max(0, begin - _LONGEST // 2) if begin > _LONGEST // 2 else 0
    cells = list(_cells(content[start : start + _LONGEST]))
    return _clipped(number, cells, begin - start, max(begin + 1, end) - start, width)


def _cells(content: str) -> Iterator[_Cell]:
    position = 0
    for index, character in enumerate(content):
        if character == "\t":
            shown = " " * (_TAB - position % _TAB)
        elif character == "[" and content[max(0, index - 2) : index] == "##":
            shown = "\\u005b"  # GitHub's runner obeys "##[" anywhere in a line
        else:
            shown = visible(character)
        width = cells(shown) if len(shown) == 1 else len(shown)
        position += width
        yield _Cell(shown, width)


def _clipped(number: int, cells: list[_Cell], begin: int, end: int, width: int) -> ExcerptLine:
    first = 0
    if sum(cell.width for cell in cells) > width:
        lead = width // 4
        first = min(begin, len(cells))
        while first > 0 and sum(cell.width for cell in cells[first - 1 : begin]) < lead:
            first -= 1
    shown, marks = ("…", " ") if first else ("", "")
    room = width - len(shown) - 1
    for index in range(first, len(cells)):
        cell = cells[index]
        if cell.width > room:
            shown += "…"
            break
        room -= cell.width
        shown += cell.shown
        marks += ("^" if begin <= index < end else " ") * cell.width
    if begin >= len(cells):
        marks += " " * (begin - len(cells)) + "^"
    return ExcerptLine(number, shown.rstrip(), marks.rstrip())
