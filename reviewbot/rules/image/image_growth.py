"""The instruction that made the image larger."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.report import ImageReport
from reviewbot.image.model.size import ImageSize, LayerChange
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule

NOTICEABLE = 1_000_000
"""Bytes of growth below which nothing is said: package indexes and time stamps move by that much."""

ALARMING = 100_000_000
"""Bytes of growth from which on an image that doubles is more than information."""


@rule(
    "image-growth",
    title="Know which instruction makes the image larger",
    category=Category.SIZE,
    severity=Severity.INFO,
)
def image_growth(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """Base and head were built and compared. The finding stands at the instruction that adds most of the
    difference, at the `FROM` where another base image does: an error where a budget (`max-size`, `max-increase`, `max-layer`)
    is broken, or a warning with `over-budget: warn`; a warning where the image at least doubles and grows by more than
    100 MB; else for information.

    Fine when the bytes are what the change is about.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y build-essential  # <- finding
        --- measured Dockerfile
        size: {before: 75000000, after: 375000000, base_image_before: 75000000, base_image_after: 75000000}
        layers: [{instruction: RUN apt-get, line: 2, before: null, after: 300000000, change: added}]
    Bad:
        --- Dockerfile
        FROM debian:12.5 AS build  # <- finding
        RUN make
        FROM build
        RUN touch /x
        --- measured Dockerfile
        size: {before: 75000000, after: 375000100, base_image_before: 75000000, base_image_after: 375000000}
        layers: [{instruction: RUN touch /x, line: 4, before: null, after: 100, change: added}]
    Also good (it hardly grows):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN touch /x
        --- measured Dockerfile
        size: {before: 75000000, after: 75000100, base_image_before: 75000000, base_image_after: 75000000}
        layers: [{instruction: RUN touch /x, line: 2, before: null, after: 100, change: added}]
    """
    dockerfile = facts.dockerfiles.get(report.spec.dockerfile)
    if dockerfile is None or report.size is None:
        return
    stage = (dockerfile.stage_named(report.spec.target) if report.spec.target else None) or dockerfile.final_stage
    start = stage.root.from_instruction
    added = {start.line: _base_growth(report.size)}
    for layer in report.layers:
        if layer.line is not None and layer.change is not LayerChange.REMOVED:
            added[layer.line] = added.get(layer.line, 0) + layer.difference
    line, most = max(added.items(), key=lambda item: item[1])
    grown = (report.size.difference or 0) >= NOTICEABLE and most >= NOTICEABLE
    if not grown and not report.broken_budgets:
        return
    instruction = dockerfile.instruction_at(line if most > 0 else start.line)
    what = "The other base image adds" if instruction == start else "This instruction adds"
    yield Problem(
        at=(instruction or start).span,
        message=f"{f'{what} {format_bytes(most)} to' if most > 0 else 'Over budget:'} the image {code(report.spec.name)}",
        subject=report.spec.name,
        why=" ".join((*report.broken_budgets, _totals(report))),
        severity=_severity(report),
    )


def _severity(report: ImageReport) -> Severity | None:
    if not report.broken_budgets:
        return Severity.WARNING if _multiplies(report.size) else None
    return Severity.ERROR if report.budgets_fail else Severity.WARNING


def _multiplies(size: ImageSize | None) -> bool:
    """Whether the image becomes at least twice as large, and by more than anybody overlooks."""
    if size is None or not size.before:
        return False
    return size.after >= 2 * size.before and size.after - size.before > ALARMING


def _base_growth(size: ImageSize) -> int:
    """What another base image adds; nothing where there is no base to compare with."""
    return 0 if size.base_image_before is None else size.base_image_after - size.base_image_before


def _totals(report: ImageReport) -> str:
    size = report.size
    if size is None:
        return ""
    if size.before is None:
        return f"The image is {format_bytes(size.after)}."
    change = format_bytes(size.after - size.before, sign=True)
    return f"The image goes from {format_bytes(size.before)} to {format_bytes(size.after)} ({change})."
