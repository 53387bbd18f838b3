"""The instruction that made the image larger."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.image.model import ImageReport, LayerChange
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule

NOTICEABLE = 1_000_000
"""Bytes of growth below which nothing is said: package indexes and time stamps move by that much."""


@rule(
    "image-growth",
    title="Know which instruction makes the image larger",
    category=Category.SIZE,
    severity=Severity.INFO,
)
def image_growth(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """Base and head were built and compared. The finding stands at the instruction that adds most of the
    difference: an error where a budget (`max-size`, `max-increase`) is broken, else for information.

    Fine when the bytes are what the change is about.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y build-essential  # <- finding
        --- measured Dockerfile
        size: {before: 75000000, after: 375000000, base_image_before: 75000000, base_image_after: 75000000}
        layers: [{instruction: RUN apt-get, line: 2, before: null, after: 300000000, change: added}]
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
    largest = max(
        (layer for layer in report.layers if layer.line is not None and layer.change is not LayerChange.REMOVED),
        key=lambda layer: layer.difference,
        default=None,
    )
    line = largest.line if largest and largest.difference > 0 else None
    grown = (report.size.difference or 0) >= NOTICEABLE and largest is not None and largest.difference >= NOTICEABLE
    if not (grown and line) and not report.broken_budgets:
        return
    at = line or dockerfile.final_stage.from_instruction.line
    instruction = next((i for i in dockerfile.instructions if i.line <= at <= i.end_line), None)
    added = f"This instruction adds {format_bytes(largest.difference)} to" if largest and line else "Over budget:"
    yield Problem(
        at=instruction.span if instruction else dockerfile.text.line_span(at),
        message=f"{added} the image {code(report.spec.name)}",
        subject=report.spec.name,
        why=" ".join((*report.broken_budgets, _totals(report))),
        severity=Severity.ERROR if report.broken_budgets else None,
    )


def _totals(report: ImageReport) -> str:
    size = report.size
    if size is None:
        return ""
    if size.before is None:
        return f"The image is {format_bytes(size.after)}."
    change = format_bytes(size.after - size.before, sign=True)
    return f"The image goes from {format_bytes(size.before)} to {format_bytes(size.after)} ({change})."
