"""The JSON form of RUN: the command whose words are the elements of an array, and the script that one of them may be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from reviewbot.source.arguments import Part
from reviewbot.source.command import Command, ShellWord
from reviewbot.source.logical import LogicalText
from reviewbot.source.shell import command_of, parse_script
from reviewbot.source.text import Span
from reviewbot.source.wrappers import shell_argument, unwrap

_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)
"""One character as it is written in a JSON string; two escapes of surrogates are one."""


class ExecForm(Struct, frozen=True):
    """What the program of a JSON form is started with.

    ``span`` runs from the first element's quote to the last one's; ``elements`` are the arguments as the program gets
    them, each character with its place. One that is written with an escape has the place of its backslash.
    """

    span: Span
    elements: tuple[LogicalText, ...]

    @property
    def words(self) -> tuple[ShellWord, ...]:
        """The elements as words of a command; their spans leave the quotes out. No shell expands anything in them."""
        return tuple(_word(element) for element in self.elements)

    @property
    def script(self) -> LogicalText | None:
        """The element that is the script of ``["/bin/sh", "-c", "…"]``; None where no POSIX shell is started so."""
        words = self.words
        script = shell_argument(unwrap(words).words)
        return next((e for e, word in zip(self.elements, words, strict=True) if word is script), None)

    def commands(self) -> tuple[Command, ...]:
        """The command that is started, then those of the script that it is handed."""
        words = self.words
        if not words:
            return ()
        started, _ = command_of(words, self.span, is_exec_form=True)
        script = self.script
        return (started, *parse_script(script).commands) if script is not None else (started,)


def read_exec_form(logical: LogicalText, parts: Sequence[Part]) -> ExecForm | None:
    """The JSON form whose strings stand at these places of the logical line, quotes included; None for an empty one."""
    if not parts:
        return None
    elements = tuple(_element(logical, part) for part in parts)
    return ExecForm(logical.span(parts[0].start, parts[-1].end), elements)


def _element(logical: LogicalText, part: Part) -> LogicalText:
    start, end = part.start + 1, part.end - 1
    written = logical.text[start:end]
    if "\\" not in written:
        return logical.slice(start, end)
    places = [start + match.start() for match in _CHARACTER.finditer(written)]
    return logical.select(places).with_text(part.value)


def _word(element: LogicalText) -> ShellWord:
    span = element.file_span
    return ShellWord(span, element.content[span.start : span.end], element.text, is_literal=True)
