"""Which steps a build ran and which it took from its cache, from what it printed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from reviewbot.image.model.report import RebuiltStep
from reviewbot.image.size.attribute import instruction_text
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_TITLE = re.compile(r"#(\d+) \[([^\]]*?)(\d+)/(\d+)\] ([A-Z]+)\b")
_CACHED = re.compile(r"#(\d+) CACHED")
_DONE = re.compile(r"#(\d+) DONE (\d+\.\d+)s")
_COUNTED = ("RUN", "COPY", "ADD", "WORKDIR")


class Steps(Struct, frozen=True):
    """The steps that ran, in the order of the Dockerfile, and how many were there before."""

    ran: tuple[RebuiltStep, ...]
    reused: int


def read_steps(marks: Iterable[str], dockerfile: Dockerfile, target: Stage) -> Steps:
    """What the lines say that tell of a build's steps, from ``docker buildx build --progress=plain``."""
    titles: dict[str, tuple[Stage | None, int, int, str]] = {}
    seconds: dict[str, float] = {}
    cached: set[str] = set()
    for line in marks:
        if title := _TITLE.match(line):
            stage = _stage(title[2].split(), dockerfile, target)
            titles[title[1]] = (stage, int(title[3]), int(title[4]), title[5])
        elif found := _CACHED.match(line):
            cached.add(found[1])
        elif found := _DONE.match(line):
            seconds[found[1]] = float(found[2])
    ran = []
    for step, (stage, number, total, keyword) in titles.items():
        if keyword in _COUNTED and step in seconds and step not in cached:
            instruction = _instruction(stage, number, total, keyword) if stage else None
            text = instruction_text(instruction) if instruction else keyword
            ran.append(RebuiltStep(text, instruction.line if instruction else None, seconds[step]))
    reused = sum(titles[step][3] in _COUNTED for step in cached if step in titles)
    return Steps(tuple(sorted(ran, key=lambda step: step.line or 0)), reused)


def _stage(words: list[str], dockerfile: Dockerfile, target: Stage) -> Stage | None:
    """The stage that stands before a step's number: ``linux/amd64 build``, ``stage-1``, or nothing for the only one."""
    names = [word for word in words if "/" not in word]
    if not names:
        return target
    number = names[-1].removeprefix("stage-")
    if names[-1].startswith("stage-") and number.isdigit() and int(number) < len(dockerfile.stages):
        return dockerfile.stages[int(number)]
    return dockerfile.stage_named(names[-1])


def _instruction(stage: Stage, number: int, total: int, keyword: str) -> Instruction | None:
    """The instruction that is step ``number`` of ``total``: FROM is one where it pulls. Triggers of a base, which count
    too, make the numbers unclear."""
    counted = stage.all(*_COUNTED)
    pulls = stage.parent is None and stage.base.lower() != "scratch"
    at = number - 1 - pulls
    if total != len(counted) + pulls or not 0 <= at < len(counted) or counted[at].keyword != keyword:
        return None
    return counted[at]
