"""Characters that a reader does not see and a program reads: Unicode's controls of direction, and those of no width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.source.text import Span, Text

_REORDERS = "\u202a-\u202e\u2066-\u2069"
_HIDES = (
    r"\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028\u2029\u2060-\u2064\u206a-\u206f"
    r"\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_FOUND = re.compile(rf"[{_REORDERS}{_HIDES}\U000e0000-\U000e007f]|\r(?!\n|\Z)")
_JOINERS = "\u200c\u200d"
_REORDERING = re.compile(f"[{_REORDERS}]")
_MOST_LINES = 20


class HiddenCharacters(Struct, frozen=True):
    """Those of one line: ``span`` runs from the first to the last; ``names`` are Unicode's, each once."""

    span: Span
    line: int
    names: tuple[str, ...]
    reorders: bool
    """Whether the line is shown in another order than it is read in."""


def hidden_characters(text: Text) -> Iterator[HiddenCharacters]:
    """The lines of a file with such characters, the first twenty. A byte order mark at its head, and what joins emoji or
    the letters of scripts that need it, is none."""
    if _FOUND.search(text.content) is None:
        return
    start = found = 0
    for number, line in enumerate(text.content.split("\n"), 1):
        if _FOUND.search(line):
            head = 1 if start == 0 and line.startswith("\ufeff") else 0
            places = [m for m in _FOUND.finditer(line, head) if m[0] not in _JOINERS or not _joins(line, m.start())]
            if places:
                found += 1
                yield _hidden(start, number, places)
        if found == _MOST_LINES:
            return
        start += len(line) + 1


def _hidden(start: int, number: int, places: list[re.Match[str]]) -> HiddenCharacters:
    characters = dict.fromkeys(match[0] for match in places)
    return HiddenCharacters(
        Span(start + places[0].start(), start + places[-1].end()),
        number,
        tuple(_name(character) for character in characters),
        any(_REORDERING.match(character) for character in characters),
    )


def _joins(content: str, position: int) -> bool:
    around = content[position - 1 : position], content[position + 1 : position + 2]
    return all(character and ord(character) > 0x2FF for character in around)


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character').lower()}"
