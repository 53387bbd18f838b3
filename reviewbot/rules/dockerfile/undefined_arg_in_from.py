"""Variables in FROM."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span
from reviewbot.source.variable_reference import PLATFORM_ARGS, references


@rule(
    "undefined-arg-in-from",
    title="Declare the variables of FROM before the first FROM",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("UndefinedArgInFrom",),
)
def undefined_arg_in_from(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`FROM` sees the `ARG`s that stand before the first `FROM`, and no others: no `ENV`, and no `ARG` of an earlier stage.
    What is not declared there is replaced by nothing, and `--build-arg` cannot set it.

    Fine with a default (`${VERSION:-12}`).

    Bad:
        FROM debian:${VERSION}  # <- finding
    Bad (declared in a stage, misspelt):
        ARG RUNTIME=debian:12.5-slim
        FROM golang:1.22.1 AS build
        ARG TAG=12.5-slim
        FROM debian:$TAG AS other  # <- finding
        FROM ${RUNTIM}  # <- finding
    Good:
        ARG VERSION=12.5
        FROM debian:${VERSION}
    Also good:
        ARG VERSION
        FROM --platform=$BUILDPLATFORM debian:${VERSION}
        FROM debian:${OTHER:-12.5}-slim
        FROM base-${TARGETARCH}
    """
    declared = {a.name for i in dockerfile.global_args for a in i.assignments}
    for stage in dockerfile.stages:
        instruction = stage.from_instruction
        span = Span(instruction.keyword_span.end, instruction.span.end)
        for found in references(dockerfile.text[span], dockerfile.escape):
            if found.has_default or found.name in declared or found.name in PLATFORM_ARGS:
                continue
            start = span.start + found.start
            yield Problem(
                at=Span(start, start + len(found.name) + 1),
                message=f"{code(f'${found.name}')} is not declared before the first `FROM`: it is empty here",
                subject=f"{stage.index} {found.name}",
                why="`FROM` does not see variables of stages, and `--build-arg` sets only what is declared.",
                advice=f"Put `ARG {found.name}=…` with a default above the first `FROM`.",
            )
