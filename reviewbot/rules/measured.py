"""What was measured of the layer that a step made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.packages import Package
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.built_step import instruction_of
from reviewbot.source.dockerfile import Dockerfile, Instruction


class Left(Struct, frozen=True):
    """Bytes that steps left behind, by the first line of their instruction; None where nobody knows."""

    by_line: Mapping[int, int] | None

    def by(self, step: Instruction) -> int | None:
        return None if self.by_line is None else self.by_line.get(step.line, 0)


def left_behind(dockerfile: Dockerfile, facts: Facts, *kinds: str) -> Left:
    """What of these kinds (of ``leftovers.KINDS``) the built image has, where it was built and all of it was read."""
    report = next(_reports(dockerfile, facts), None)
    contents = report.contents if report else None
    if report is None or contents is None or contents.incomplete:
        return Left(None)
    if report.layers and all(layer.line is None for layer in report.layers):
        return Left(None)  # which step made which layer could not be told
    sizes: Counter[int] = Counter()
    for each in contents.leftovers:
        instruction = instruction_of(each.step, dockerfile) if each.kind in kinds else None
        if instruction is not None:
            sizes[instruction.line] += each.size
    return Left(sizes)


def evidence_of(size: int | None) -> str | None:
    """The sentence for a size that was measured."""
    return f"In the image that was built they are {format_bytes(size)}." if size else None


def installed_packages(dockerfile: Dockerfile, facts: Facts) -> dict[tuple[str, str], Package]:
    """The packages of the image that was built, by kind (``deb``, ``apk``, ``rpm``) and name; none without one."""
    contents = next((report.contents for report in _reports(dockerfile, facts)), None)
    return {(package.kind, package.name): package for package in contents.packages} if contents else {}


def _reports(dockerfile: Dockerfile, facts: Facts) -> Iterator[ImageReport]:
    """What is known of images built from the file's final stage, whose contents were read."""
    for report in facts.reports:
        if report.spec.dockerfile == dockerfile.path and report.spec.target is None and report.contents is not None:
            yield report
