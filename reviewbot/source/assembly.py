"""A Dockerfile's instructions, put together into stages."""

from __future__ import annotations

import re

from e2b_dockerfile_utils import DockerfileInstruction
from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.source.instruction import Instruction, Word
from reviewbot.source.instruction_reader import InstructionReader, read_line
from reviewbot.source.problem import SourceProblem
from reviewbot.source.shell_kind import ShellKind, default_shell, kind_of_shell
from reviewbot.source.stage import Stage
from reviewbot.source.structure import read_structure, shown
from reviewbot.source.text import Span, Text
from reviewbot.source.variables import Variables

MAX_INHERITED = 100_000
"""Instructions that all stages together have from the stages they are built from: each is looked at for each stage that
has it. Forty stages, each upon the one before and with ten instructions, have 7,800."""

_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*\Z")
_ARGUMENTS_NEEDED = {
    "ADD": 2, "ARG": 1, "COPY": 2, "ENV": 1, "EXPOSE": 1, "FROM": 1, "HEALTHCHECK": 1, "LABEL": 1, "MAINTAINER": 1,
    "SHELL": 1, "STOPSIGNAL": 1, "USER": 1, "VOLUME": 1, "WORKDIR": 1,
}  # fmt: skip


class Parts(Struct, frozen=True):
    """All there is in a Dockerfile."""

    escape: str
    syntax: str | None
    instructions: tuple[Instruction, ...]
    global_args: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    comments: tuple[Span, ...]


def assemble(text: Text) -> Parts:
    """Read all of a file. Raises SourceProblem for what BuildKit refuses."""
    structure = read_structure(text)
    reader = InstructionReader(text, structure.escape)
    stages = _Stages(text)
    comments: list[Span] = []
    line = 1
    ends = [found.start_line for found in structure.instructions[1:]] + [text.line_count + 1]
    for found, end in zip(structure.instructions, ends, strict=False):
        comments += _comment_lines(text, line, found.start_line - 1)
        is_trigger = found.start_line in structure.triggers
        instruction, inner = _read(reader, found, end, stages.shell, is_trigger=is_trigger)
        comments += inner
        stages.add(instruction)
        line = found.end_line + 1
    comments += _comment_lines(text, line, text.line_count)
    built = stages.finish()
    return Parts(
        escape=structure.escape,
        syntax=structure.syntax,
        instructions=tuple(stages.instructions),
        global_args=tuple(stages.global_args),
        stages=built,
        comments=tuple(comments),
    )


_Read = tuple[Instruction, tuple[Span, ...]]
"""An instruction, and the comments inside of its line."""


class _Kept(Struct):
    """The instructions that were read last, by all that they are read from: what a suggestion leaves before the lines that
    it changes is the same in the version with it, with all that was found out about it.

    As many as have so many ``characters`` in all: the files of a whole review, since each is read again for its proofs
    once all of them were judged.
    """

    most: int
    characters: int = 0
    by_key: dict[tuple[object, ...], _Read] = field(default_factory=dict)

    def take(self, key: tuple[object, ...]) -> _Read | None:
        read = self.by_key.pop(key, None)
        if read is not None:
            self.characters -= _weight(read)
        return read

    def keep(self, key: tuple[object, ...], read: _Read) -> None:
        self.by_key[key] = read
        self.characters += _weight(read)
        while self.characters > self.most:
            self.take(next(iter(self.by_key)))


def _weight(read: _Read) -> int:
    """The characters of an instruction, and what even the shortest takes."""
    return read[0].span.end - read[0].span.start + 100


_kept = _Kept(most=4_000_000)


def _read(
    reader: InstructionReader, found: DockerfileInstruction, end: int, shell: ShellKind, *, is_trigger: bool
) -> _Read:
    """The instruction that stands before line ``end``, where the next one begins."""
    lines = reader.text.lines_span(found.start_line, end - 1)
    key = reader.text[lines], lines.start, found.start_line, found.end_line, reader.escape, shell, is_trigger
    read = _kept.take(key)
    if read is None:
        header = read_line(reader.text, found.start_line, reader.escape)
        read = reader.read(found, header, shell, is_trigger=is_trigger), header.comments
    _kept.keep(key, read)
    return read


def _comment_lines(text: Text, first: int, last: int) -> list[Span]:
    """The comments of lines that hold no instruction."""
    comments = []
    for number in range(first, last + 1):
        span = text.line_span(number)
        written = text[span]
        at = written.find("#")
        if at >= 0:
            comments.append(Span(span.start + at, span.start + len(written.rstrip("\r\n"))))
    return comments


class _Stages(Struct):
    """Collects instructions into stages as they come."""

    text: Text
    instructions: list[Instruction] = field(default_factory=list)
    global_args: list[Instruction] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    shell: ShellKind = ShellKind.PLAIN
    """The shell of the next instruction."""
    _variables: Variables | None = None
    """Those of the global ARGs."""
    _own: list[Instruction] = field(default_factory=list)
    _lengths: dict[int, int] = field(default_factory=dict)
    """Of each finished stage how many instructions it has, its own and inherited ones, FROM among them."""
    _inherited: int = 0
    _shells: dict[int, ShellKind] = field(default_factory=dict)
    """Each finished stage's shell at its end."""
    _by_name: dict[str, Stage] = field(default_factory=dict)

    def add(self, instruction: Instruction) -> None:
        _check_arguments(self.text, instruction)
        self.instructions.append(instruction)
        if instruction.keyword == "FROM":
            self._close()
            self._open(instruction)
        elif self.stages:
            self._own.append(instruction)
            if instruction.keyword == "SHELL":
                self.shell = kind_of_shell([word.value for word in instruction.words])
        elif instruction.keyword == "ARG":
            self.global_args.append(instruction)
        else:
            raise SourceProblem(
                f"{instruction.keyword} before the first FROM, where only ARG may stand",
                *self.text.position(instruction.span.start),
            )

    def finish(self) -> tuple[Stage, ...]:
        if not self.instructions:
            raise SourceProblem("there is no instruction in it, not even a FROM")
        if not self.stages:
            raise SourceProblem("has no FROM", *self.text.position(self.instructions[0].span.start))
        self._close()
        return tuple(self.stages)

    def _close(self) -> None:
        """End the stage that is being read."""
        if not self.stages:
            return
        stage = replace(self.stages[-1], instructions=tuple(self._own))
        self.stages[-1] = stage
        self._shells[stage.index] = self.shell
        self._lengths[stage.index] = self._inherited_by(stage) + len(self._own) + 1
        if stage.name is not None:
            self._by_name[stage.name.lower()] = stage
        self._own.clear()

    def _open(self, instruction: Instruction) -> None:
        base, name = self._base_and_name(instruction)
        platform = instruction.flag("platform")
        before = instruction.span.start
        if self._variables is None:
            # Behind the first FROM no ARG is global any more.
            self._variables = Variables(self.global_args, (), "\\")
        resolved = self._variables.resolve(base.value, None, before, quoted=False)
        parent = self._by_name.get((resolved or "").lower())
        stage = Stage(
            index=len(self.stages),
            name=name.value if name is not None else None,
            name_span=name.span if name is not None else None,
            base=base.value,
            base_span=base.span,
            platform=platform.value if platform is not None else None,
            from_instruction=instruction,
            instructions=(),
            parent=parent,
        )
        self._inherited += self._inherited_by(stage)
        if self._inherited > MAX_INHERITED:
            raise SourceProblem("too many stages that are built upon each other", *self.text.position(before))
        self.stages.append(stage)
        self.shell = self._shells[parent.index] if parent else default_shell(resolved or base.value, stage.platform)

    def _inherited_by(self, stage: Stage) -> int:
        return self._lengths[stage.parent.index] if stage.parent is not None else 0

    def _base_and_name(self, instruction: Instruction) -> tuple[Word, Word | None]:
        words = instruction.words
        if len(words) == 1:
            return words[0], None
        if len(words) != 3 or words[1].value.upper() != "AS":
            position = self.text.position(words[1].span.start)
            raise SourceProblem("FROM takes one image, or an image and AS and a name", *position)
        if not _STAGE_NAME.match(words[2].value.lower()):
            position = self.text.position(words[2].span.start)
            raise SourceProblem(f"not a name for a stage: {shown(words[2].value)}", *position)
        return words[0], words[2]


def _check_arguments(text: Text, instruction: Instruction) -> None:
    at = text.position(instruction.span.start)
    if instruction.keyword == "SHELL" and not instruction.is_json:
        raise SourceProblem("SHELL needs its arguments in JSON form", *at)
    needed = _ARGUMENTS_NEEDED.get(instruction.keyword, 0)
    if len(instruction.words) < needed:
        count = "an argument" if needed == 1 else "a source and a destination"
        raise SourceProblem(f"{instruction.keyword} needs {count}", *at)
