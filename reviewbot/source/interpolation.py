"""Variables in Compose files: ``$NAME``, ``${NAME}``, and the forms with a default, an error or a replacement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_MAX_DEPTH = 16
_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR = re.compile(r":?[-?+]")
_BRACES = re.compile(r"[{}]")


def interpolate(value: str, variables: Mapping[str, str] | None = None) -> str | None:
    """A value with its variables resolved, ``$$`` as one ``$``; a ``$`` before anything else stays.

    None where a variable without default is not in ``variables``, and for what Compose refuses.
    """
    return _interpolate(value, variables or {}, 0)


def variables_in(value: str) -> Iterator[str]:
    """The names of the variables that a value asks for, those within defaults included."""
    for match in re.finditer(r"\$(?:\$|\{?([_a-zA-Z][_a-zA-Z0-9]*))", value):
        if match[1]:
            yield match[1]


def has_variables(value: str) -> bool:
    return next(variables_in(value), None) is not None


def _interpolate(value: str, variables: Mapping[str, str], depth: int) -> str | None:
    if depth > _MAX_DEPTH:
        return None
    pieces: list[str] = []
    position = 0
    while (dollar := value.find("$", position)) >= 0:
        pieces.append(value[position:dollar])
        if value.startswith("$$", dollar):
            pieces.append("$")
            position = dollar + 2
            continue
        if value.startswith("${", dollar):
            end = _closing_brace(value, dollar + 2)
            resolved = None if end is None else _braced(value[dollar + 2 : end], variables, depth)
            position = 0 if end is None else end + 1
        else:
            name = _NAME.match(value, dollar + 1)
            resolved = variables.get(name[0]) if name else "$"
            position = name.end() if name else dollar + 1
        if resolved is None:
            return None
        pieces.append(resolved)
    pieces.append(value[position:])
    return "".join(pieces)


def _closing_brace(value: str, start: int) -> int | None:
    depth = 1
    for match in _BRACES.finditer(value, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return None


def _braced(expression: str, variables: Mapping[str, str], depth: int) -> str | None:
    name = _NAME.match(expression)
    if name is None:
        return None
    given = variables.get(name[0])
    if name.end() == len(expression):
        return given
    operator = _OPERATOR.match(expression, name.end())
    if operator is None:
        return None
    is_set = given is not None and (given != "" or not operator[0].startswith(":"))
    word = expression[operator.end() :]
    if operator[0].endswith("+"):
        return _interpolate(word, variables, depth + 1) if is_set else ""
    if is_set:
        return given
    return _interpolate(word, variables, depth + 1) if operator[0].endswith("-") else None
