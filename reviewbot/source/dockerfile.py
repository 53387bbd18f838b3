"""Dockerfiles, read as BuildKit reads them, with the exact span of every part."""

from __future__ import annotations

import bisect
import posixpath
import re
from functools import cached_property
from typing import Any

from msgspec import Struct, field

from reviewbot.source.assembly import Parts, assemble
from reviewbot.source.distribution import family_of
from reviewbot.source.instruction import Assignment, Flag, Heredoc, Instruction, Word
from reviewbot.source.reference import parse_reference
from reviewbot.source.shell_kind import ShellKind, default_shell
from reviewbot.source.stage import Stage
from reviewbot.source.text import Span, Text
from reviewbot.source.variables import Variables

__all__ = ["Assignment", "Dockerfile", "Flag", "Heredoc", "Instruction", "Stage", "Word", "parse_dockerfile"]

_WINDOWS_FILE = re.compile(r"(?:^|[._-])(?:windows|nanoserver|(?:windows)?servercore)(?:[._-]|$)", re.IGNORECASE)


class Dockerfile(Struct, frozen=True, dict=True):
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

    def stage_of(self, instruction: Instruction) -> Stage | None:
        """The stage an instruction (or an ONBUILD's trigger) stands in; None for a global ARG."""
        index = bisect.bisect_right(self._starts, instruction.span.start) - 1
        return self.stages[index] if index >= 0 else None

    def instruction_at(self, line: int) -> Instruction | None:
        """The instruction that a line belongs to."""
        return next((i for i in self.instructions if i.line <= line <= i.end_line), None)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(stage.from_instruction.span.start for stage in self.stages)

    def stage_named(self, reference: str) -> Stage | None:
        """The stage that a ``--from`` or ``--target`` means: by name (case does not matter) or number."""
        for stage in reversed(self.stages):
            if stage.name is not None and stage.name.lower() == reference.lower():
                return stage
        if reference.isascii() and reference.isdecimal() and len(reference) < 6 and int(reference) < len(self.stages):
            return self.stages[int(reference)]
        return None

    @cached_property
    def shipped_stages(self) -> tuple[Stage, ...]:
        """The final stage's lineage, oldest first: the stages whose own layers are in the image."""
        return self.final_stage.lineage

    @cached_property
    def reached_stages(self) -> tuple[Stage, ...]:
        """The stages that a build of the final one needs: its lineage, and what those copy or mount from."""
        return self.reached_from(self.final_stage)

    def reached_from(self, target: Stage) -> tuple[Stage, ...]:
        """The stages that a build of this one needs, in the order of the file."""
        reached: dict[int, Stage] = {}
        waiting = [target]
        while waiting:
            stage = waiting.pop()
            if stage.index in reached:
                continue
            reached[stage.index] = stage
            waiting += [stage.parent] if stage.parent else []
            waiting += [s for name in stage.sources_named if (s := self.stage_named(name)) is not None]
        return tuple(reached[index] for index in sorted(reached))

    def is_windows(self, stage: Stage) -> bool:
        """Whether a stage is one of Windows, as far as its base's name, its platform or a back tick as escape tells;
        for a base that nobody knows by its name, the file's own name."""
        if self.escape == "`":
            return True
        root = stage.root
        if _WINDOWS_FILE.search(posixpath.basename(self.path)):
            reference = parse_reference(self.base_image(stage) or root.base)
            if reference is None or family_of(reference) is None:
                return True
        return default_shell(self.base_image(stage) or root.base, root.platform) is ShellKind.FOREIGN

    def base_image(self, stage: Stage) -> str | None:
        """The image reference a stage starts from, variables resolved with ARG defaults.

        Follows parent stages to the external image. None when a variable has no default.
        """
        root = stage.root
        if root.index not in self._base_images:
            before = root.from_instruction.span.start
            self._base_images[root.index] = self._variables.resolve(root.base, None, before, quoted=False) or None
        return self._base_images[root.index]

    def expand(self, value: str, at: Instruction) -> str | None:
        """``value`` with ARG and ENV of its scope resolved as of ``at``; None where one is unknown.

        ``value`` is what a :class:`Word`, a :class:`Flag` or an :class:`Assignment` has as its value. ARG and
        ENV count with the values the file gives them; what the base image sets is unknown.
        """
        stage = None if at.keyword == "FROM" else self.stage_of(at)
        return self._variables.resolve(value, stage, at.span.start, quoted=False)

    def is_declared(self, name: str, at: Instruction) -> bool:
        """Whether an ARG or ENV before ``at`` says something of a variable: in its stage or one that is built from."""
        stage = None if at.keyword == "FROM" else self.stage_of(at)
        if stage is None:
            return self._declared.get((-1, name), at.span.start) < at.span.start
        while stage is not None:
            if self._declared.get((stage.index, name), at.span.start) < at.span.start:
                return True
            stage = stage.parent
        return False

    def is_global_arg(self, name: str) -> bool:
        """Whether an ARG before the first FROM declares it."""
        return (-1, name) in self._declared

    @cached_property
    def _declared(self) -> dict[tuple[int, str], int]:
        """Where each stage (-1: what stands before the first) first declares a variable."""
        declared: dict[tuple[int, str], int] = {}
        groups = [(-1, self.global_args), *((stage.index, stage.all("ARG", "ENV")) for stage in self.stages)]
        for index, instructions in groups:
            for instruction in instructions:
                for assignment in instruction.assignments:
                    declared.setdefault((index, assignment.name), instruction.span.start)
        return declared

    @cached_property
    def memory(self) -> dict[tuple[str, str | None], dict[int, Any]]:
        """What other modules have worked out of this very file, by their own name for it and by stage."""
        return {}

    @cached_property
    def _base_images(self) -> dict[int, str | None]:
        """By the index of the stage that starts from it: dozens of rules ask for it."""
        return {}

    @cached_property
    def _variables(self) -> Variables:
        return Variables(self.global_args, self.stages, self.escape)


def parse_dockerfile(text: Text) -> Dockerfile:
    """Read a Dockerfile.

    Raises :class:`~reviewbot.source.problem.SourceProblem` with line and column for what BuildKit refuses.
    """
    parts: Parts = assemble(text)
    return Dockerfile(
        text=text,
        escape=parts.escape,
        syntax=parts.syntax,
        instructions=parts.instructions,
        global_args=parts.global_args,
        stages=parts.stages,
        comments=parts.comments,
    )
