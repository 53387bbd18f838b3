"""Variables in Compose files: ``$NAME``, ``${NAME}``, and the forms with a default, an error or a replacement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

_MAX_DEPTH = 16
_LONGEST_SHOWN = 60
_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR = re.compile(r":?[-?+]")
_BRACES = re.compile(r"[{}]")


class InterpolationProblem(Exception):
    """A value that Compose refuses to put variables into; ``subject`` is the expression at fault."""

    def __init__(self, message: str, subject: str) -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject


class _Unknown(Exception):
    """A variable without default that is not given."""


def interpolate(value: str, variables: Mapping[str, str] | None = None) -> str | None:
    """A value with its variables resolved, ``$$`` as one ``$``; a ``$`` before anything else stays.

    None where a variable without default is not in ``variables``, and for what Compose refuses.
    """
    try:
        pieces = (expression.resolve({} if variables is None else variables, 0) for expression in _expressions(value))
        return "".join(pieces)
    except (_Unknown, InterpolationProblem):
        return None


def put_in(value: str, variables: Mapping[str, str]) -> str:
    """A value with what is known put in, still to be interpolated: ``$`` from a variable is ``$$``.

    What hangs on a variable that is neither given nor has a default stays as it is written. Raises
    InterpolationProblem for what Compose refuses whatever the variables are.
    """
    pieces: list[str] = []
    for expression in _expressions(value):
        if expression.inner is None and expression.name is None:
            pieces.append(expression.written)
            continue
        try:
            pieces.append(expression.resolve(variables, 0).replace("$", "$$"))
        except _Unknown:
            pieces.append(expression.written)
    return "".join(pieces)


def variables_in(value: str) -> Iterator[str]:
    """The names of the variables that a value asks for, those within defaults included."""
    for match in re.finditer(r"\$(?:\$|\{?([_a-zA-Z][_a-zA-Z0-9]*))", value):
        if match[1]:
            yield match[1]


def has_variables(value: str) -> bool:
    return next(variables_in(value), None) is not None


class _Expression(Struct, frozen=True):
    """A run of plain text, ``$$``, ``$NAME``, or the inside of ``${}`` (``inner``)."""

    written: str
    inner: str | None = None
    name: str | None = None

    def resolve(self, variables: Mapping[str, str], depth: int) -> str:
        if self.inner is not None:
            return _braced(self.inner, variables, depth)
        if self.name is not None:
            return _given(self.name, variables)
        return "$" if self.written == "$$" else self.written


def _expressions(value: str) -> Iterator[_Expression]:
    """Take a value apart. Raises InterpolationProblem where a brace is not closed."""
    position = 0
    while (dollar := value.find("$", position)) >= 0:
        if dollar > position:
            yield _Expression(value[position:dollar])
        position = dollar + 2
        if value.startswith("$$", dollar):
            yield _Expression("$$")
        elif value.startswith("${", dollar):
            end = _closing_brace(value, dollar + 2)
            if end is None:
                raise _refused(value[dollar:], "the brace is not closed")
            position = end + 1
            yield _Expression(value[dollar:position], inner=value[dollar + 2 : end])
        else:
            name = _NAME.match(value, dollar + 1)
            position = name.end() if name else dollar + 1
            yield _Expression(value[dollar:position], name=name[0] if name else None)
    if position < len(value):
        yield _Expression(value[position:])


def _refused(expression: str, why: str) -> InterpolationProblem:
    shown = expression if len(expression) <= _LONGEST_SHOWN else f"{expression[:_LONGEST_SHOWN]}…"
    return InterpolationProblem(f"{shown!r} is not a variable: {why}; a `$` that is meant is written `$$`", shown)


def _given(name: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name)
    if value is None:
        raise _Unknown
    return value


def _closing_brace(value: str, start: int) -> int | None:
    depth = 1
    for match in _BRACES.finditer(value, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return None


def _braced(expression: str, variables: Mapping[str, str], depth: int) -> str:
    if depth >= _MAX_DEPTH:
        raise _refused(f"${{{expression}}}", "defaults within defaults, too deep")
    name = _NAME.match(expression)
    operator = _OPERATOR.match(expression, name.end()) if name else None
    if name is None or (operator is None and name.end() < len(expression)):
        raise _refused(f"${{{expression}}}", "a name follows the brace, and `}`, `:-`, `-`, `:?`, `?`, `:+` or `+`")
    given = variables.get(name[0])
    if operator is None:
        return _given(name[0], variables)
    is_set = given is not None and (given != "" or not operator[0].startswith(":"))
    word = expression[operator.end() :]
    if operator[0].endswith("+"):
        return _inner(word, variables, depth) if is_set else ""
    if is_set:
        return _given(name[0], variables)
    if operator[0].endswith("?"):
        raise _Unknown
    return _inner(word, variables, depth)


def _inner(word: str, variables: Mapping[str, str], depth: int) -> str:
    return "".join(expression.resolve(variables, depth + 1) for expression in _expressions(word))
