"""Dockerfiles, read as BuildKit reads them, with the exact span of every part."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from reviewbot.source.shell import Script
from reviewbot.source.text import Span, Text


@dataclass(frozen=True)
class Word:
    """One argument word: ``raw`` as written (quotes and escapes included), ``value`` without them.

    Variables are left as they stand in ``value``; :meth:`Dockerfile.expand` resolves them.
    For a JSON form each array element is a word whose span covers its quotes.
    """

    span: Span
    raw: str
    value: str


@dataclass(frozen=True)
class Flag:
    """A builder flag, e.g. ``--mount=type=cache,target=/x``: name without dashes, value or None."""

    name: str
    value: str | None
    span: Span


@dataclass(frozen=True)
class Heredoc:
    """A heredoc of RUN, COPY or ADD; ``span`` is its body, ``content`` the body's text (chomped for ``<<-``)."""

    name: str
    content: str
    expand: bool
    chomp: bool
    span: Span


@dataclass(frozen=True)
class Assignment:
    """One ``KEY=value`` of ENV, ARG or LABEL; ``value`` is None for an ARG without a default.

    ``legacy`` marks the form ``ENV key value``.
    """

    name: str
    value: str | None
    span: Span
    name_span: Span
    value_span: Span | None
    legacy: bool = False


@dataclass(frozen=True)
class Instruction:
    """One instruction: upper-case ``keyword``, and where each part of it stands.

    ``span`` runs from the keyword to the end of the last line's content, heredoc bodies and their
    terminators included, the final line end excluded. ``arguments`` covers what follows the flags, up to
    the end of the logical line (heredoc bodies excluded), without surrounding white space.
    ``line``/``end_line`` are the first and last line of ``span``.
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
    script: Script | None = None
    """For RUN, and CMD, ENTRYPOINT and HEALTHCHECK CMD in shell form, when a POSIX shell would read it:
    the parsed commands, spans in the file. None in JSON form or under another SHELL."""

    def flag(self, name: str) -> Flag | None:
        return next((flag for flag in self.flags if flag.name == name), None)

    def flags_named(self, name: str) -> tuple[Flag, ...]:
        return tuple(flag for flag in self.flags if flag.name == name)

    @property
    def sources(self) -> tuple[Word, ...]:
        """What a COPY or ADD copies (heredocs apart)."""
        return self.words[:-1]

    @property
    def destination(self) -> Word | None:
        return self.words[-1] if self.words else None


@dataclass(frozen=True)
class Stage:
    """A build stage: its FROM and the instructions up to the next one."""

    index: int
    name: str | None
    name_span: Span | None
    base: str
    """The base as written after FROM, variables unresolved."""
    base_span: Span
    platform: str | None
    from_instruction: Instruction
    instructions: tuple[Instruction, ...]
    """Without the FROM itself."""
    parent: Stage | None
    """The earlier stage that FROM names, where it names one."""

    @property
    def label(self) -> str:
        """How people speak of the stage: its name, else its base image's without tag, digest and host path."""
        if self.name:
            return self.name
        return self.base.split("@")[0].rsplit("/", 1)[-1].split(":")[0]

    def all(self, *keywords: str) -> tuple[Instruction, ...]:
        """This stage's own instructions with one of these keywords, in order."""
        return tuple(i for i in self.instructions if i.keyword in keywords)

    def last(self, *keywords: str) -> Instruction | None:
        """The last of them in this stage, else in the stages it is built from."""
        stage: Stage | None = self
        while stage is not None:
            found = stage.all(*keywords)
            if found:
                return found[-1]
            stage = stage.parent
        return None

    @property
    def lineage(self) -> tuple[Stage, ...]:
        """This stage and the stages it is FROM, oldest first."""
        chain: list[Stage] = []
        stage: Stage | None = self
        while stage is not None:
            chain.append(stage)
            stage = stage.parent
        return tuple(reversed(chain))


@dataclass(frozen=True)
class Dockerfile:
    """A whole Dockerfile. ``global_args`` are the ARGs before the first FROM."""

    text: Text
    escape: str
    syntax: str | None
    """The front end of ``# syntax=``, where one is given."""
    instructions: tuple[Instruction, ...]
    global_args: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    comments: tuple[Span, ...] = field(default=())
    """Every comment line, from ``#`` to the end of the line, those inside continuations included."""

    @property
    def path(self) -> str:
        return self.text.path

    @property
    def final_stage(self) -> Stage:
        return self.stages[-1]

    def stage_of(self, instruction: Instruction) -> Stage | None: ...

    def stage_named(self, reference: str) -> Stage | None:
        """The stage that a ``--from`` or ``--target`` means: by name (case does not matter) or number."""
        ...

    @cached_property
    def shipped_stages(self) -> tuple[Stage, ...]:
        """The final stage's lineage, oldest first: the stages whose own layers are in the image."""
        return self.final_stage.lineage

    def base_image(self, stage: Stage) -> str | None:
        """The image reference a stage starts from, variables resolved with ARG defaults.

        Follows parent stages to the external image. None when a variable has no default.
        """
        ...

    def expand(self, value: str, at: Instruction) -> str | None:
        """``value`` with ARG and ENV of its scope resolved as of ``at``; None where one is unknown."""
        ...


def parse_dockerfile(text: Text) -> Dockerfile:
    """Read a Dockerfile.

    Raises :class:`~reviewbot.source.problem.SourceProblem` with line and column for what BuildKit refuses.
    """
    ...
