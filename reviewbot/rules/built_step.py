"""From what an image holds to the instruction that brought it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

from reviewbot.facts import Facts
from reviewbot.image.model.report import ImageReport
from reviewbot.image.model.step import Step
from reviewbot.markdown import code
from reviewbot.source.dockerfile import Dockerfile, Instruction


class Brought(Protocol):
    """A fact that knows the step it comes from."""

    @property
    def step(self) -> Step: ...


B = TypeVar("B", bound=Brought)


def instruction_of(step: Step, dockerfile: Dockerfile) -> Instruction | None:
    """The instruction of a step: on its line, or the nearest with its text where lines have moved since.

    None for the base image, and where it cannot be told.
    """
    line = step.line
    if line is None:
        return None
    from reviewbot.image.size.attribute import instruction_text

    alike = [i for i in dockerfile.instructions if instruction_text(i) == step.instruction]
    return min(alike, key=lambda i: abs(i.line - line)) if alike else dockerfile.instruction_at(line)


def by_instruction(
    found: Iterable[B], report: ImageReport, facts: Facts
) -> Iterator[tuple[Instruction, tuple[B, ...]]]:
    """Facts of one image by the instruction that brought them, those of its base image left out."""
    dockerfile = facts.dockerfiles.get(report.spec.dockerfile)
    if dockerfile is None:
        return
    placed = [(i, fact) for fact in found if (i := instruction_of(fact.step, dockerfile)) is not None]
    placed.sort(key=lambda pair: pair[0].line)
    for instruction, group in groupby(placed, key=lambda pair: pair[0]):
        yield instruction, tuple(fact for _, fact in group)


def absolute(path: str) -> str:
    """A path of an image as its users write it, quoted."""
    return code(f"/{path}")


def listed(paths: Sequence[str], most: int = 3) -> str:
    """Some of many paths: ``/a, /b and 7 more``."""
    shown = [absolute(path) for path in paths[:most]]
    return ", ".join(shown) + (f" and {len(paths) - most} more" if len(paths) > most else "")
