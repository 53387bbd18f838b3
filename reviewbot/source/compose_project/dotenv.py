"""Files of variables: ``.env`` and what ``env_file`` names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from reviewbot.source.interpolation import InterpolationProblem, interpolate, put_in
from reviewbot.source.text import Span, Text

MOST_CHARACTERS = 256 * 1024

_SPACES = " \t\v\f\r\x85\xa0"
_EXPORT = re.compile(rf"export[{_SPACES}]+")
_NAME = re.compile(r"[^\s=:'\"#]+")
_SEPARATOR = re.compile(rf"[{_SPACES}]*(?P<sign>[=:])[{_SPACES}]*")
_REST_OF_LINE = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"\s#")
_QUOTED = {
    '"': re.compile(r'"(?P<inside>(?:[^"\\]|\\.)*)"', re.S),
    "'": re.compile(r"'(?P<inside>(?:[^'\\]|\\.)*)'", re.S),
}
_ESCAPE = re.compile(r"\\(?:[abcfnrtv$\"\\]|0[0-7]{0,3})")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}


class DotenvVariable(Struct, frozen=True):
    """One variable. ``value`` is in Compose's notation, its ``$`` written ``$$``; None where it is only passed through.

    ``span`` is the value as written, without its quotes; of one without value the name.
    """

    name: str
    value: str | None
    span: Span


class Dotenv(Struct, frozen=True):
    """A whole file; ``problem`` is the place and the reason where Compose would stop reading."""

    variables: tuple[DotenvVariable, ...]
    problem: tuple[int, str] | None = None


def read_dotenv(text: Text, given: Mapping[str, str], *, is_raw: bool = False) -> Dotenv:
    """Read a file of variables. ``given`` are those that its values may use, beside the ones above them.

    ``is_raw`` is ``format: raw``: neither quotes nor variables mean anything.
    """
    if len(text.content) > MOST_CHARACTERS:
        return Dotenv((), (0, f"the file is longer than {MOST_CHARACTERS // 1024} Ki characters"))
    known = dict(given)
    variables: list[DotenvVariable] = []
    try:
        for variable in _variables(text.content, known, is_raw):
            variables.append(variable)
            plain = interpolate(variable.value) if variable.value is not None else None
            if plain is not None:
                known[variable.name] = plain
    except _Stop as stop:
        return Dotenv(tuple(variables), (stop.position, stop.reason))
    return Dotenv(tuple(variables))


def plain_values(file: Dotenv) -> dict[str, str]:
    """The values that are known, as programs would see them."""
    values = {v.name: interpolate(v.value) for v in file.variables if v.value is not None}
    return {name: value for name, value in values.items() if value is not None}


class _Stop(Exception):
    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


def _variables(content: str, known: Mapping[str, str], is_raw: bool) -> Iterator[DotenvVariable]:
    position = 1 if content.startswith("\ufeff") else 0
    while True:
        position = _start_of_statement(content, position)
        if position >= len(content):
            return
        exported = _EXPORT.match(content, position)
        position = exported.end() if exported else position
        name = _NAME.match(content, position)
        if name is None:
            raise _Stop(position, "a line of variables is `NAME=value`")
        separator = _SEPARATOR.match(content, name.end())
        if separator is None:
            line_end = _end_of_line(content, name.end())
            if content[name.end() : line_end].strip():
                raise _Stop(name.start(), "a variable's name is one word")
            yield DotenvVariable(name[0], None, Span(*name.span()))
            position = line_end
            continue
        value, span, position = _value(content, separator.end(), known, is_raw)
        yield DotenvVariable(name[0], value, span)


def _start_of_statement(content: str, position: int) -> int:
    while position < len(content):
        if content[position].isspace():
            position += 1
        elif content[position] == "#":
            position = _end_of_line(content, position)
        else:
            break
    return position


def _end_of_line(content: str, position: int) -> int:
    end = content.find("\n", position)
    return len(content) if end < 0 else end


def _value(content: str, start: int, known: Mapping[str, str], is_raw: bool) -> tuple[str, Span, int]:
    """A value, where it is written, and where reading goes on."""
    quote = content[start : start + 1]
    if is_raw or quote not in _QUOTED or not quote:
        end = _end_of_line(content, start)
        written = content[start:end]
        if is_raw:
            written = written.removesuffix("\r")
            return written.replace("$", "$$"), Span(start, start + len(written)), end
        comment = _COMMENT.search(written)
        written = written[: comment.start()] if comment else written
        written = written.rstrip()
        return _with_variables(written, known, start), Span(start, start + len(written)), end
    match = _QUOTED[quote].match(content, start)
    if match is None:
        raise _Stop(start, "the quote is not closed")
    inside = match["inside"]
    span = Span(match.start("inside"), match.end("inside"))
    if quote == "'":
        return inside.replace("\\'", "'").replace("$", "$$"), span, match.end()
    return _with_variables(_ESCAPE.sub(_unescaped, inside), known, start), span, match.end()


def _unescaped(match: re.Match[str]) -> str:
    letter = match[0][1]
    if letter == "$":
        return "$$"
    if letter == "0":
        return chr(int(match[0][2:] or "0", 8))
    return _ESCAPED.get(letter, match[0])


def _with_variables(value: str, known: Mapping[str, str], start: int) -> str:
    try:
        return put_in(value, known)
    except InterpolationProblem as problem:
        raise _Stop(start, problem.message) from None
