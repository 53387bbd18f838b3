"""Stages named like something that the builder knows already."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile

_RESERVED = {
    "scratch": "`FROM scratch` means the empty image",
    "context": "`context` means the files of the build context",
}


@rule(
    "reserved-stage-name",
    title="Do not name a stage `scratch` or `context`",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("DL3063", "ReservedStageName"),
)
def reserved_stage_name(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`scratch` and `context` mean something to the builder already. A stage of that name is never the one that a reader
    expects.

    Bad:
        FROM debian:12.5-slim AS Scratch  # <- finding
        FROM debian:12.5-slim AS context  # <- finding
    Good:
        FROM debian:12.5-slim AS base
        FROM scratch
    Also good:
        FROM debian:12.5-slim AS from-scratch
        FROM debian:12.5-slim AS build-context
    """
    for stage in dockerfile.stages:
        name = (stage.name or "").lower()
        if name in _RESERVED and stage.name_span:
            yield Problem(
                at=stage.name_span,
                message=f"The name {code(name)} is taken",
                subject=name,
                why=f"{_RESERVED[name]}, with or without a stage of that name.",
                advice="Name the stage after what it makes.",
            )
