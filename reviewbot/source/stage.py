"""A build stage."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from reviewbot.source.instruction import Instruction
from reviewbot.source.text import Span


class Stage(Struct, frozen=True, dict=True):
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
        """What tells the stage apart: its name as the builder has it, in small letters; else its base image's, without tag,
        digest and host path."""
        if self.name:
            return self.name.lower()
        return self.base.split("@")[0].rsplit("/", 1)[-1].split(":")[0]

    def all(self, *keywords: str) -> tuple[Instruction, ...]:
        """This stage's own instructions with one of these keywords, in order."""
        if len(keywords) == 1:
            return self._by_keyword.get(keywords[0], ())
        return tuple(i for i in self.instructions if i.keyword in keywords)

    def with_triggers(self, *keywords: str) -> tuple[Instruction, ...]:
        """As :meth:`all`, with what ONBUILD leaves to the builds of children: it runs there, as it stands here."""
        found = (i.trigger if i.trigger is not None else i for i in self.instructions)
        return tuple(instruction for instruction in found if instruction.keyword in keywords)

    @cached_property
    def _by_keyword(self) -> dict[str, tuple[Instruction, ...]]:
        found: dict[str, list[Instruction]] = {}
        for instruction in self.instructions:
            found.setdefault(instruction.keyword, []).append(instruction)
        return {keyword: tuple(instructions) for keyword, instructions in found.items()}

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
    def sources_named(self) -> tuple[str, ...]:
        """What COPY, ADD and the mounts of RUN take files from: stages, images and named build contexts, as written."""
        names = []
        for instruction in self.instructions:
            for flag in instruction.flags:
                if flag.name == "from" and flag.value:
                    names.append(flag.value)
                elif flag.name == "mount" and (source := flag.fields.get("from")):
                    names.append(source)
        return tuple(names)

    @cached_property
    def root(self) -> Stage:
        """The oldest stage it is FROM: the one that starts from an external image."""
        stage = self
        while stage.parent is not None:
            if "root" in stage.parent.__dict__:
                return stage.parent.root
            stage = stage.parent
        return stage

    @property
    def lineage(self) -> tuple[Stage, ...]:
        """This stage and the stages it is FROM, oldest first."""
        chain: list[Stage] = []
        stage: Stage | None = self
        while stage is not None:
            chain.append(stage)
            stage = stage.parent
        return tuple(reversed(chain))
