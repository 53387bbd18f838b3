"""POSIX shell scripts of RUN, CMD and heredocs: the simple commands in them, with exact spans."""

from __future__ import annotations

from dataclasses import dataclass

from reviewbot.source.text import Span


@dataclass(frozen=True)
class ShellWord:
    """One word of a command: ``raw`` as written, ``value`` with quotes removed.

    ``is_literal`` is False when it holds an expansion (``$x``, ``$(…)``, a glob): its value is then not known.
    """

    span: Span
    raw: str
    value: str
    is_literal: bool


@dataclass(frozen=True)
class Command:
    """One simple command wherever it stands: in a list, a pipeline, a subshell, a loop, an ``if``.

    ``program`` is the base name of what really runs, seen through ``sudo``, ``env X=y``, ``exec``, ``command``,
    ``time``, ``nice`` (which are in ``wrappers``). None when it is not a literal.
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
    pipeline: int = -1
    """Commands of one pipeline (of two or more commands) share a number; -1 stands alone."""

    def has_flag(self, *names: str) -> bool:
        """Whether a flag is given: ``-y`` also inside a cluster (``-qy``), ``--long`` also as ``--long=value``."""
        ...

    @property
    def operands(self) -> tuple[ShellWord, ...]:
        """The arguments that are not flags (a flag's separate value counts as an operand)."""
        ...

    @property
    def subcommand(self) -> str | None:
        """The first operand that is a literal word: ``install`` of ``apt-get -y install curl``."""
        ...


@dataclass(frozen=True)
class Script:
    """A shell script: its simple commands in the order of the text.

    ``needs_shell`` tells whether it needs a shell to run at all: expansions, pipes, lists, redirections,
    builtins, globs. ``simple_words`` are the exact words of a script that is one plain command, else None.
    """

    span: Span
    commands: tuple[Command, ...]
    needs_shell: bool
    simple_words: tuple[ShellWord, ...] | None


def parse_script(content: str, span: Span, masked: str) -> Script:
    """Read the script at ``span`` of a file's ``content``.

    ``masked`` is a text of the same length as ``content[span]`` in which what the shell never sees
    (Dockerfile comments and blank lines within continuations, heredoc markers) is blanked, so that
    offsets stay those of the file.
    """
    ...
