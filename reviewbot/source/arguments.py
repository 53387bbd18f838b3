"""Where flags, words and JSON elements stand in an instruction's logical line.

The builder's parser tells what they are; these functions find each one's place, by the same rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from json.decoder import scanstring  # type: ignore[attr-defined]

from e2b_dockerfile_utils import ShellLex, is_space, parse_heredoc
from msgspec import Struct


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_SURROGATE = re.compile("[\ud800-\udfff]")
BLANKS = re.compile(r"[\t\v\f\r ]+")


class Part(Struct, frozen=True):
    """A stretch ``[start, end)`` of a logical line, and what it says."""

    start: int
    end: int
    value: str


def skip_space(line: str, position: int) -> int:
    while position < len(line) and is_space(line[position]):
        position += 1
    return position


def read_flags(line: str, position: int, escape: str) -> tuple[list[Part], int]:
    """The flags from a position on, quotes and escapes removed, and where the arguments begin."""
    flags: list[Part] = []
    while True:
        start = skip_space(line, position)
        if not line.startswith("--", start):
            return flags, start
        flag, position = _read_flag(line, start, escape)
        if flag.value == "--":
            # It ends the flags; at the end of the line there is nothing to end.
            return flags, skip_space(line, position)
        flags.append(flag)


def _read_flag(line: str, start: int, escape: str) -> tuple[Part, int]:
    value: list[str] = []
    quote = ""
    position = start
    while position < len(line):
        char = line[position]
        if char == escape:
            value.append(line[position + 1 : position + 2])
            position += 1
        elif quote:
            if char == quote:
                quote = ""
            else:
                value.append(char)
        elif is_space(char):
            break
        elif char in "'\"":
            quote = char
        else:
            value.append(char)
        position += 1
    position = min(position, len(line))
    return Part(start, position, "".join(value)), position


def locate(line: str, position: int, words: Iterable[str]) -> list[Part]:
    """The places of words that stand in this order in the line, as they are written, with only space between."""
    parts = []
    for word in words:
        start = line.find(word, position)
        if start < 0:
            break
        position = start + len(word)
        parts.append(Part(start, position, word))
    return parts


def json_form(line: str, position: int) -> list[Part] | None:
    """The strings of the JSON array that begins here, decoded, their quotes part of their places; None for no array.

    What follows the array does not matter, as it does not to BuildKit, whose decoder reads one value and stops.
    Raises ValueError for an array of other things than strings.
    """
    if not line.startswith("[", position):
        return None
    try:
        array, array_end = _DECODER.raw_decode(line, position)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(element, str) for element in array):
        raise ValueError("a JSON form holds strings only")
    parts = []
    position = line.find('"', position, array_end)
    while position != -1:
        value, end = scanstring(line, position + 1, True)
        # An escape for half of a surrogate pair is no character; Go's decoder puts this one in its place.
        parts.append(Part(position, end, _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)))
        position = line.find('"', end, array_end)
    return parts


def unquoted(word: str, escape: str) -> str:
    """A word as the builder takes it: quotes and escapes removed, variables as they stand.

    Raises ValueError for what the builder refuses: a quote that does not end, a bad substitution.
    """
    return ShellLex(escape).process_word(word) if any(char in word for char in f"'\"${escape}") else word


def heredoc_markers(line: str, position: int, names: list[str]) -> list[Part]:
    """The places of these heredocs' markers (``<<-"EOF"``), in order; empty where they cannot be told for sure."""
    markers = []
    for start, end in _shell_words(line, position):
        word = line[start:end]
        heredoc = parse_heredoc(word) if "<<" in word else None
        if heredoc is not None:
            markers.append(Part(start, end, heredoc.name))
    return markers if [marker.value for marker in markers] == names else []


def _shell_words(line: str, position: int) -> Iterable[tuple[int, int]]:
    """Words by quotes, escapes and blanks; blanks after ``<<`` do not end a word."""
    start = -1
    quote = ""
    while position < len(line):
        char = line[position]
        if quote:
            if char == "\\" and quote == '"':
                position += 1
            elif char == quote:
                quote = ""
        elif is_space(char):
            if start >= 0:
                yield start, position
            start = -1
            position += 1
            continue
        else:
            if start < 0:
                start = position
            if char == "\\":
                position += 1
            elif char in "'\"":
                quote = char
            elif line.startswith("<<", position):
                position += 2
                while position < len(line) and line[position] in "\t\r ":
                    position += 1
                continue
        position += 1
    if start >= 0:
        yield start, len(line)
