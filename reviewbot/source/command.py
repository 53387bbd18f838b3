"""Shell scripts as a list of simple commands."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.source.text import Span

_CLUSTER = re.compile(r"-[A-Za-z0-9]+\Z")


class ShellWord(Struct, frozen=True):
    """One word of a command: ``raw`` as written, ``value`` with quotes removed.

    ``is_literal`` is False when it holds an expansion (``$x``, ``$(…)``, a glob): its value is then not known.
    """

    span: Span
    raw: str
    value: str
    is_literal: bool

    def moved(self, by: int) -> ShellWord:
        return ShellWord(self.span.moved(by), self.raw, self.value, self.is_literal)


class Command(Struct, frozen=True, dict=True):
    """One simple command wherever it stands: in a list, a pipeline, a subshell, a loop, an ``if``.

    ``program`` is the base name of what really runs, seen through ``sudo``, ``env X=y``, ``exec``, ``command``,
    ``time``, ``nice`` and the like (which are in ``wrappers``). None when it is not a literal (its folder may be
    a variable's), or when the command only assigns variables.
    """

    program: str | None
    program_span: Span
    arguments: tuple[ShellWord, ...]
    """The words after the program."""
    span: Span
    """The whole command, wrappers, assignments and redirections included."""
    wrappers: tuple[str, ...] = ()
    assignments: tuple[tuple[str, str, Span], ...] = ()
    """Leading ``NAME=value`` words (and those of ``env``): name, value, span."""
    in_subshell: bool = False
    """Whether it runs apart from the script's own shell: ``( )``, ``$( )``, ``sh -c``."""
    pipeline: int = -1
    """Commands of one pipeline (of two or more commands) share a number; -1 stands alone."""
    is_exec_form: bool = False
    """Whether its words are the elements of a JSON form: what is written between two of them is ``", "``."""

    def has_flag(self, *names: str) -> bool:
        """Whether a flag is given: ``-y`` also inside a cluster (``-qy``), ``--long`` also as ``--long=value``."""
        for word in self.arguments:
            argument = word.value
            if argument == "--":
                return False
            for name in names:
                if argument == name or argument.startswith(f"{name}="):
                    return True
                if len(name) == 2 and name[1] != "-" and _CLUSTER.match(argument) and name[1] in argument:
                    return True
        return False

    @property
    def words(self) -> tuple[ShellWord, ...]:
        """The program, where it is known, and its arguments."""
        if self.program is None:
            return self.arguments
        return (ShellWord(self.program_span, self.program, self.program, is_literal=True), *self.arguments)

    @cached_property
    def operands(self) -> tuple[ShellWord, ...]:
        """The arguments that are not flags (a flag's separate value counts as an operand)."""
        for position, word in enumerate(self.arguments):
            if word.value == "--":
                before, after = self.arguments[:position], self.arguments[position + 1 :]
                return (*(w for w in before if not _is_flag(w)), *after)
        return tuple(word for word in self.arguments if not _is_flag(word))

    def moved(self, by: int) -> Command:
        return replace(
            self,
            program_span=self.program_span.moved(by),
            arguments=tuple([word.moved(by) for word in self.arguments]),
            span=self.span.moved(by),
            assignments=tuple([(name, value, span.moved(by)) for name, value, span in self.assignments]),
        )

    @cached_property
    def subcommand(self) -> str | None:
        """The first operand that is a literal word: ``install`` of ``apt-get -y install curl``."""
        return next((word.value for word in self.operands if word.is_literal), None)


def _is_flag(word: ShellWord) -> bool:
    return len(word.value) > 1 and word.value.startswith("-")


class Script(Struct, frozen=True):
    """A shell script: its simple commands in the order of the text.

    ``needs_shell`` tells whether it needs a shell to run at all: expansions, pipes, lists, redirections,
    builtins, globs. ``simple_words`` are the exact words of a script that is one plain command, else None.
    """

    span: Span
    commands: tuple[Command, ...]
    needs_shell: bool
    simple_words: tuple[ShellWord, ...] | None

    def moved(self, by: int) -> Script:
        """The same script elsewhere in a file."""
        if by == 0:
            return self
        words = self.simple_words
        return Script(
            self.span.moved(by),
            tuple([command.moved(by) for command in self.commands]),
            self.needs_shell,
            None if words is None else tuple([word.moved(by) for word in words]),
        )
