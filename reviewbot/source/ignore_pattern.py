"""One pattern of a ``.dockerignore``, matched in time linear in the path however many wildcards it has.

The usual way is a regular expression, which a hostile pattern such as ``**/a*/**/a*/**`` makes run for years. It is
used where its worst case is small; else all ways to match are followed at once, as bits of one integer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

_MAX_STEPS = 100_000
_SET_OPERATOR = re.compile(r"(?<!\\)[\[&|~]")
"""What Python may take for more than a character within brackets."""


class _Token(Struct, frozen=True):
    """A piece of a pattern: a regular expression for one character, or one of the wildcards below."""

    regex: str
    is_wildcard: bool = False


_STAR = _Token("[^/]*", True)
_FOLDERS = _Token("(?:.*/)?", True)
_REST = _Token(".*", True)


class PathPattern(Struct, frozen=True, dict=True):
    """A pattern as Docker cleans it (``!`` apart), for whole paths relative to the context."""

    pattern: str

    def matches(self, path: str) -> bool:
        if self._literal is not None:
            return path == self._literal
        if math.comb(len(path) + self._wildcards, self._wildcards) <= _MAX_STEPS:
            return self._regex.fullmatch(path) is not None
        return self._automaton.matches(path)

    @cached_property
    def _tokens(self) -> tuple[_Token, ...]:
        return tuple(_without_repetition(_tokens(self.pattern)))

    @cached_property
    def _literal(self) -> str | None:
        return None if re.search(r"[*?\[\\]", self.pattern) else self.pattern

    @cached_property
    def _wildcards(self) -> int:
        return sum(token.is_wildcard for token in self._tokens)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile("".join(token.regex for token in self._tokens))

    @cached_property
    def _automaton(self) -> _Automaton:
        return _Automaton(self._tokens)


def _tokens(pattern: str) -> Iterator[_Token]:
    position = 0
    if pattern.startswith("**") and pattern[2:3] not in ("", "/") and not re.search(r"[*?\[\]\\]", pattern[2:]):
        # Docker's own reading of `**name`: whatever ends in it.
        yield _REST
        position = 2
    while position < len(pattern):
        character = pattern[position]
        if pattern.startswith("**", position):
            position += 3 if pattern.startswith("/", position + 2) else 2
            yield _FOLDERS if position < len(pattern) else _REST
            continue
        if character == "[":
            end = _end_of_class(pattern, position)
            yield _Token("[" + _SET_OPERATOR.sub(r"\\\g<0>", pattern[position + 1 : end]))
            position = end
            continue
        if character == "\\" and position + 1 < len(pattern):
            position += 1
            yield _Token(re.escape(pattern[position]))
        elif character == "*":
            yield _STAR
        else:
            yield _Token("[^/]" if character == "?" else re.escape(character))
        position += 1


def _end_of_class(pattern: str, start: int) -> int:
    position = start + 2 if pattern.startswith("^", start + 1) else start + 1
    while position < len(pattern) and pattern[position] != "]":
        position += 2 if pattern[position] == "\\" else 1
    return position + 1


def _without_repetition(tokens: Iterator[_Token]) -> Iterator[_Token]:
    previous = None
    for token in tokens:
        if not (token.is_wildcard and token is previous):
            yield token
        previous = token


class _Automaton:
    """All ways to match at once: bit ``i`` of a state says that the tokens before ``i`` may have matched so far."""

    def __init__(self, tokens: tuple[_Token, ...]) -> None:
        self.singles = [(1 << i, re.compile(t.regex)) for i, t in enumerate(tokens) if not t.is_wildcard]
        self.skippable = sum(1 << i for i, t in enumerate(tokens) if t.is_wildcard)
        self.stars = sum(1 << i for i, t in enumerate(tokens) if t is _STAR)
        self.rests = sum(1 << i for i, t in enumerate(tokens) if t is _REST)
        self.folders = sum(1 << i for i, t in enumerate(tokens) if t is _FOLDERS)
        self.final = 1 << len(tokens)
        self.accepting: dict[str, int] = {}

    def matches(self, path: str) -> bool:
        state = self._closed(1)
        for character in path:
            stepped = (state & self._accepting(character)) << 1
            inside_folders = 0
            if character == "/":
                stepped |= (state & self.folders) << 1
            else:
                stepped |= state & self.stars
            if character != "\n":
                stepped |= state & self.rests
                inside_folders = state & self.folders
            state = self._closed(stepped) | inside_folders
            if not state:
                return False
        return bool(state & self.final)

    def _accepting(self, character: str) -> int:
        if character not in self.accepting:
            self.accepting[character] = sum(bit for bit, regex in self.singles if regex.fullmatch(character))
        return self.accepting[character]

    def _closed(self, entered: int) -> int:
        """With what is reached by matching nothing: the carry of the sum runs along neighbouring wildcards."""
        return entered | ((self.skippable + (entered & self.skippable)) ^ self.skippable)
