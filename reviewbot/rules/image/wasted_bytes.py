"""Bytes that an image ships and nobody can see."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.contents import Waste
from reviewbot.image.model.report import ImageReport
from reviewbot.markdown import code
from reviewbot.rules.built_step import instruction_of, listed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Instruction

DELETED, OVERWRITTEN, OF_THE_BASE = 1_000_000, 5_000_000, 20_000_000
"""Bytes from which something is said. Package databases are rewritten by every step that installs something."""


@rule(
    "wasted-bytes",
    title="Do not write what a later layer hides",
    category=Category.SIZE,
    severity=Severity.WARNING,
    aliases=("dive-efficiency",),
)
def wasted_bytes(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """A layer is never changed again. A file that a later instruction deletes, replaces, or only gives another owner or
    mode stays in the image with all its bytes: everybody pulls it, nobody sees it.

    Delete in the same `RUN` that wrote; copy with `--chown` and `--chmod` instead of a `RUN chown` after it; use a
    `--mount=type=bind` for files that only the build needs.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY installer.bin /tmp/
        RUN /tmp/installer.bin && rm /tmp/installer.bin  # <- finding
        --- measured Dockerfile
        contents:
          written: 80000000
          waste:
          - {size: 40000000, files: 1, deleted: true, examples: [tmp/installer.bin],
             brought_by: {instruction: COPY installer.bin /tmp/, line: 2}, hidden_by: {instruction: RUN, line: 3}}
    Also good (the package database is rewritten whenever something is installed):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
        RUN apt-get update && apt-get install -y wget && rm -rf /var/lib/apt/lists/*
        --- measured Dockerfile
        contents:
          written: 80000000
          waste:
          - {size: 2100000, files: 9, deleted: false, examples: [var/lib/dpkg/status],
             brought_by: {instruction: RUN, line: 2}, hidden_by: {instruction: RUN, line: 3}}
    """
    dockerfile = facts.dockerfiles.get(report.spec.dockerfile)
    contents = report.contents
    if dockerfile is None or contents is None:
        return
    for waste in contents.waste:
        hides = instruction_of(waste.hidden_by, dockerfile)
        brings = instruction_of(waste.brought_by, dockerfile)
        if hides is None or brings is hides or waste.size < _least(waste):
            continue
        what = "deletes" if waste.deleted else "writes again"
        source = _source(brings, hides)
        yield Problem(
            at=hides.span,
            message=f"This {what} {format_bytes(waste.size)} that {source} wrote: the image ships both"
            if not waste.deleted
            else f"This deletes {format_bytes(waste.size)} that {source} wrote, and the image still ships them",
            subject=f"{what} {waste.examples[0] if waste.examples else ''}",
            why=f"A layer cannot take bytes out of an earlier one: {listed(waste.examples)}. "
            f"{contents.efficiency:.1%} of what the image's layers hold is visible in a container.",
            advice=_advice(waste, brings, hides),
            evidence=f"{waste.files} file{'s' if waste.files != 1 else ''} of an earlier layer, "
            f"{format_bytes(waste.size)}, {'deleted' if waste.deleted else 'written again'} here",
            severity=Severity.INFO if brings is None else None,
        )


def _least(waste: Waste) -> int:
    if waste.brought_by.line is None:
        return OF_THE_BASE
    return DELETED if waste.deleted else OVERWRITTEN


def _source(brings: Instruction | None, hides: Instruction) -> str:
    return "the base image" if brings is None else f"line {brings.line} ({code(brings.keyword)})"


def _advice(waste: Waste, brings: Instruction | None, hides: Instruction) -> str:
    if brings is None:
        return "Start from a base image without these files, or leave them as they are."
    if (
        not waste.deleted
        and any(word in hides.argument_text for word in ("chown", "chmod"))
        and brings.keyword == "COPY"
    ):
        return "Set owner and mode while copying: `COPY --chown=… --chmod=…`."
    if brings.keyword in ("COPY", "ADD") and waste.deleted:
        return "Use the files through `RUN --mount=type=bind` instead of copying them."
    if brings.keyword == "RUN" and waste.deleted:
        return f"Delete them in the instruction of line {brings.line}, which wrote them."
    return "Write these files once: join the two instructions, or order them so that the last one writes them."
