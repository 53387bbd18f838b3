"""Sources beside the program that was compiled from them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.image.layers.leftovers import KINDS, SOURCES, TESTS
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.built_step import absolute, by_instruction
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile

_LEAST = 50_000
"""Bytes that are worth a word beside what `multi-stage` says."""
_COMPILES = re.compile(
    r"\b(?:go (?:build|install)|cargo (?:build|install)|g?cc |g\+\+ |make\b|cmake |dotnet publish|mvn |gradlew? )"
)


@rule(
    "sources-in-image",
    title="Ship the program without its sources",
    category=Category.SIZE,
    severity=Severity.INFO,
)
def sources_in_image(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """The image holds a compiled program, and the sources and tests that it was compiled from. The program does not read
    them, and whoever pulls the image can.

    Build in a stage of its own and copy only the result.

    Bad:
        --- Dockerfile
        FROM golang:1.22.1
        COPY . /src  # <- finding
        RUN cd /src && go build -o /app .
        CMD ["/app"]
        --- measured Dockerfile
        contents:
          leftovers: [{kind: sources, path: src, size: 400000, files: 90, step: {instruction: COPY . /src, line: 2}}]
    Also good (a program of a few lines):
        --- Dockerfile
        FROM golang:1.22.1
        COPY . /src
        RUN cd /src && go build -o /app .
        CMD ["/app"]
        --- measured Dockerfile
        contents:
          leftovers: [{kind: sources, path: src, size: 300, files: 1, step: {instruction: COPY . /src, line: 2}}]
    Also good (nothing is compiled: the sources are the program):
        --- Dockerfile
        FROM python:3.12-slim
        COPY . /src
        CMD ["python", "/src/serve.py"]
        --- measured Dockerfile
        contents:
          leftovers: [{kind: sources, path: src, size: 400000, files: 90, step: {instruction: COPY . /src, line: 2}}]
    """
    contents, dockerfile = report.contents, facts.dockerfiles.get(report.spec.dockerfile)
    if contents is None or dockerfile is None or not _compiles(dockerfile):
        return
    found = [leftover for leftover in contents.leftovers if leftover.kind in (SOURCES, TESTS)]
    if not any(leftover.kind == SOURCES for leftover in found):
        return
    for instruction, leftovers in by_instruction(found, report, facts):
        size, files = sum(x.size for x in leftovers), sum(x.files for x in leftovers)
        if size < _LEAST:
            continue
        top = posixpath.commonpath([leftover.path for leftover in leftovers])
        yield Problem(
            at=instruction.span,
            message=f"Sources ship beside the program that was compiled from them: {files} files, {format_bytes(size)}",
            subject=top,
            why=f"They lie in {absolute(top)}. The program does not read them; whoever pulls the image can.",
            advice=KINDS[SOURCES].remedy,
            evidence=f"{files} files of sources and tests in the layer of this instruction",
        )


def _compiles(dockerfile: Dockerfile) -> bool:
    """Whether the stages that ship compile something, and start what is not a compiler."""
    start = dockerfile.final_stage.last("CMD", "ENTRYPOINT")
    runs = [i for stage in dockerfile.shipped_stages for i in stage.all("RUN")]
    is_run_by_tool = start is not None and re.search(
        r"\b(?:go|cargo|make|dotnet|mvn|gradle|bash)\b\W", start.argument_text
    )
    return start is not None and not is_run_by_tool and any(_COMPILES.search(i.argument_text) for i in runs)
