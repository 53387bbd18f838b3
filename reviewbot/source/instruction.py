"""One instruction of a Dockerfile and its parts, each with its exact span."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from reviewbot.source.command import Command
from reviewbot.source.exec_form import ExecForm
from reviewbot.source.logical import LogicalText
from reviewbot.source.package_command import PackageCommand, read_package_commands
from reviewbot.source.shell import Script, parse_script
from reviewbot.source.text import Span


class Word(Struct, frozen=True):
    """One argument word: ``raw`` as written (quotes and escapes included), ``value`` without them.

    Variables are left as they stand in ``value``; :meth:`Dockerfile.expand` resolves them.
    For a JSON form each array element is a word whose span covers its quotes. A shell form, and the argument
    of WORKDIR, USER, STOPSIGNAL and MAINTAINER, is one word with blanks in it, as it is for the builder.
    """

    span: Span
    raw: str
    value: str


class Flag(Struct, frozen=True):
    """A builder flag, e.g. ``--mount=type=cache,target=/x``: name without dashes, value or None."""

    name: str
    value: str | None
    span: Span

    @property
    def fields(self) -> dict[str, str]:
        """The ``key=value`` fields of a mount's value, keys in lower case; a key alone has the value ``""``."""
        pairs = (field.partition("=") for field in (self.value or "").split(","))
        return {key.strip().lower(): value for key, _, value in pairs}


class Heredoc(Struct, frozen=True):
    """A heredoc of RUN, COPY or ADD; ``span`` is its body, ``content`` the body's text (chomped for ``<<-``).

    ``marker`` is the ``<<EOF`` that announces it; None where quoting hides where exactly it stands.
    """

    name: str
    content: str
    expand: bool
    chomp: bool
    span: Span
    marker: Span | None = None


class Assignment(Struct, frozen=True):
    """One ``KEY=value`` of ENV, ARG or LABEL; ``value`` is None for an ARG without a default.

    ``legacy`` marks the form ``ENV key value``.
    """

    name: str
    value: str | None
    span: Span
    name_span: Span
    value_span: Span | None
    legacy: bool = False
    raw_value: str | None = None
    """The value on one logical line with its quotes and escapes."""


class Instruction(Struct, frozen=True, dict=True):
    """One instruction: upper-case ``keyword``, and where each part of it stands.

    ``span`` runs from the keyword to the end of the last line's content, heredoc bodies and their
    terminators included, the final line end excluded. ``arguments`` covers what follows the flags, up to
    the end of the logical line (heredoc bodies excluded), without surrounding white space.
    ``line``/``end_line`` are the first and last line of ``span``; a continuation with nothing before it counts as
    the first line, as it does for BuildKit.
    """

    keyword: str
    span: Span
    keyword_span: Span
    line: int
    end_line: int
    flags: tuple[Flag, ...]
    arguments: Span
    argument_text: str
    """The arguments as one logical line: continuations joined, comments within them dropped."""
    words: tuple[Word, ...]
    is_json: bool
    heredocs: tuple[Heredoc, ...]
    assignments: tuple[Assignment, ...] = ()
    """For ENV, ARG and LABEL."""
    trigger: Instruction | None = None
    """For ONBUILD: the instruction that runs in the child's build."""
    shell_input: ShellInput | None = None
    """What a POSIX shell is given to read, where one is."""
    exec_form: ExecForm | None = None
    """For RUN in JSON form."""

    @cached_property
    def script(self) -> Script | None:
        """The parsed commands, spans in the file, when a POSIX shell reads them.

        For RUN, CMD, ENTRYPOINT and HEALTHCHECK CMD in shell form, and the body of a heredoc RUN that a POSIX
        shell runs. None in JSON form, under another SHELL, or for a body with another interpreter.
        """
        return self.shell_input.script() if self.shell_input else None

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The commands of the script, or of a RUN in JSON form; none where it is a script that no POSIX shell reads."""
        if self.script is not None:
            return self.script.commands
        return self.exec_form.commands() if self.exec_form else ()

    @cached_property
    def package_commands(self) -> tuple[PackageCommand, ...]:
        """Those of the commands that call a package manager."""
        return tuple(read_package_commands(self.commands))

    def flag(self, name: str) -> Flag | None:
        return next((flag for flag in self.flags if flag.name == name), None)

    def flags_named(self, name: str) -> tuple[Flag, ...]:
        return tuple(flag for flag in self.flags if flag.name == name)

    @property
    def sources(self) -> tuple[Word, ...]:
        """What a COPY or ADD copies (heredocs apart)."""
        markers = {heredoc.marker for heredoc in self.heredocs}
        return tuple(word for word in self.words[:-1] if word.span not in markers)

    @property
    def destination(self) -> Word | None:
        return self.words[-1] if self.words else None


class ShellInput(Struct, frozen=True):
    """What the shell of an instruction reads: its command line, and heredoc bodies by their markers' spans.

    ``plain_shell`` is False where the shell does more than ``sh -c`` does (a login shell, a wrapper around
    it), so that nothing runs the same without it.
    """

    source: LogicalText
    bodies: tuple[tuple[Span, LogicalText], ...] = ()
    plain_shell: bool = True

    def script(self) -> Script:
        return parse_script(self.source, bodies=self.bodies, plain_shell=self.plain_shell)
