"""Capitals in the names of stages."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "stage-name-casing",
    title="Write stage names in lower case",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=("StageNameCasing",),
    fixable=True,
)
def stage_name_casing(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Docker takes the names of stages in lower case, whatever is written: `Build` and `build` are one stage. BuildKit
    warns of capitals in every build. References keep working, they are compared the same way.

    Bad:
        FROM golang:1.22.1 AS Builder  # <- finding
        FROM scratch
        COPY --from=builder /app /app
    Good:
        FROM golang:1.22.1 AS builder
        FROM scratch
        COPY --from=builder /app /app
    Also good:
        FROM golang:1.22.1 AS build-1.2_x
        FROM scratch
    """
    for stage in dockerfile.stages:
        if stage.name and stage.name_span and stage.name != stage.name.lower():
            yield Problem(
                at=stage.name_span,
                message=f"The stage {code(stage.name)} is called {code(stage.name.lower())} by the builder",
                subject=stage.name.lower(),
                why="Names of stages have no capitals; BuildKit warns of this one in every build.",
                edits=[Edit(dockerfile.path, stage.name_span, stage.name.lower())],
            )
