"""The platform that FROM takes anyway."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span


@rule(
    "redundant-platform",
    title="Leave out `--platform=$TARGETPLATFORM`",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=("DL3065", "RedundantTargetPlatform"),
    fixable=True,
)
def redundant_platform(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`FROM` takes the target platform by itself. BuildKit warns of the flag in every build.

    Bad:
        FROM --platform=$TARGETPLATFORM debian:12.5-slim  # <- finding
        FROM --platform=${TARGETPLATFORM} debian:12.5-slim AS other  # <- finding
    Good:
        FROM debian:12.5-slim
        FROM debian:12.5-slim AS other
    Also good:
        FROM --platform=$BUILDPLATFORM debian:12.5-slim
        FROM --platform=${TARGETPLATFORM:-linux/amd64} debian:12.5-slim
    Also good (given a default of one's own):
        ARG TARGETPLATFORM=linux/arm64
        FROM --platform=$TARGETPLATFORM debian:12.5-slim
    """
    if dockerfile.is_global_arg("TARGETPLATFORM"):
        return
    for stage in dockerfile.stages:
        flag = stage.from_instruction.flag("platform")
        if flag is None or flag.value not in ("$TARGETPLATFORM", "${TARGETPLATFORM}"):
            continue
        after = Span(flag.span.start, stage.base_span.start)
        plain = "\n" not in dockerfile.text[after] and len(stage.from_instruction.flags) == 1
        yield Problem(
            at=flag.span,
            message="`FROM` takes the target platform by itself",
            subject=f"{stage.index} {stage.label}",
            why="BuildKit warns of it in every build.",
            edits=[Edit(dockerfile.path, after, "")] if plain else [],
        )
