"""Characters that a reader does not see and a program reads: Unicode's controls of direction, and those of no width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class HiddenCharacters:
    """Those of one line: ``span`` runs from the first to the last; ``names`` are Unicode's, each once."""

    span: Span
    line: int
    names: tuple[str, ...]
    reorders: bool
    """Whether the line is shown in another order than it is read in."""


def hidden_characters(text: Text) -> Iterator[HiddenCharacters]:
    """The lines of a file with such characters, the first twenty. A byte order mark at its head, and what joins emoji or
    the letters of scripts that need it, is none."""
    by_line: dict[int, list[re.Match[str]]] = {}
    for match in _FOUND.finditer(text.content, 1 if text.content.startswith("\ufeff") else 0):
        if match[0] in _JOINERS and _joins(text.content, match.start()):
            continue
        by_line.setdefault(text.line_of(match.start()), []).append(match)
        if len(by_line) > _MOST_LINES:
            break
    for line, found in list(by_line.items())[:_MOST_LINES]:
        yield HiddenCharacters(
            Span(found[0].start(), found[-1].end()),
            line,
            tuple(dict.fromkeys(_name(match[0]) for match in found)),
            any(_REORDERING.match(match[0]) for match in found),
        )


def _joins(content: str, position: int) -> bool:
    around = content[position - 1 : position], content[position + 1 : position + 2]
    return all(character and ord(character) > 0x2FF for character in around)


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character').lower()}"
