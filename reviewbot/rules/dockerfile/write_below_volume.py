"""Files that are written below a VOLUME after it was declared."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction

_WRITERS = frozenset({"chmod", "chown", "cp", "install", "ln", "mkdir", "mv", "tar", "tee", "touch", "unzip"})


@rule(
    "write-below-volume",
    title="Declare a VOLUME after its folder is filled",
    category=Category.REPRODUCIBILITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
)
def write_below_volume(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Builders differ here: the classic builder of Docker drops what a `RUN` writes below a volume that was declared before,
    BuildKit keeps it. An image that is built by both has the files in one case and not in the other.

    Fine where BuildKit builds it everywhere.

    Bad:
        FROM debian:12.5-slim
        VOLUME /data
        RUN mkdir -p /data/db && chown 1000 /data/db  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN mkdir -p /data/db && chown 1000 /data/db
        VOLUME /data
    Also good (only read, elsewhere, or copied, which every builder keeps):
        FROM debian:12.5-slim
        VOLUME /data
        RUN ls /data && mkdir -p /database && rm -rf /data/x
        COPY seed /data/seed
    """
    for stage in dockerfile.stages:
        volumes: set[str] = set()
        for instruction in stage.instructions:
            if instruction.keyword == "VOLUME":
                values = (dockerfile.expand(word.value, instruction) for word in instruction.words)
                volumes |= {posixpath.normpath(value) for value in values if value and value.startswith("/")}
            elif instruction.keyword == "RUN" and volumes:
                written = _written(instruction, volumes)
                if written:
                    yield Problem(
                        at=instruction.span,
                        message=f"{code(written)} lies in a volume: the classic builder drops what is written there",
                        subject=f"{stage.label} {written}",
                        why="Only BuildKit keeps it.",
                        advice="Move `VOLUME` behind this instruction.",
                    )


def _written(instruction: Instruction, volumes: set[str]) -> str | None:
    for command in instruction.commands:
        if command.program in _WRITERS:
            for word in command.operands:
                if not volumes.isdisjoint(_folders(word.value)):
                    return word.value
    return None


def _folders(path: str) -> list[str]:
    """A path and the folders above it, as far as a path goes."""
    parts = path.split("/")[:100]
    return ["/".join(parts[:length]) for length in range(2, len(parts) + 1)]
