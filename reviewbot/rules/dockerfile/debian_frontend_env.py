"""DEBIAN_FRONTEND as part of the image."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "debian-frontend-env",
    title="Set DEBIAN_FRONTEND for the build, not in the image",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    fixable=True,
    set=RuleSet.STRICT,
)
def debian_frontend_env(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`ENV` stays in the image: whoever works in a container, or builds on it, gets no questions from packages and does not
    know why. An `ARG` holds for the build, with the same effect on `RUN`.

    Bad:
        FROM debian:12.5-slim
        ENV DEBIAN_FRONTEND=noninteractive  # <- finding
        RUN apt-get update && apt-get install -y tzdata
    Good:
        FROM debian:12.5-slim
        ARG DEBIAN_FRONTEND=noninteractive
        RUN apt-get update && apt-get install -y tzdata
    Also good:
        FROM debian:12.5-slim AS build
        ENV DEBIAN_FRONTEND=noninteractive
        FROM debian:12.5-slim
        ARG DEBIAN_FRONTEND=noninteractive
        RUN DEBIAN_FRONTEND=noninteractive apt-get update
    Also good (set back):
        FROM debian:12.5-slim
        ENV DEBIAN_FRONTEND=noninteractive
        RUN apt-get update
        ENV DEBIAN_FRONTEND=dialog
    """
    stages = dockerfile.shipped_stages
    settings = [
        (i, a) for stage in stages for i in stage.all("ENV") for a in i.assignments if a.name == "DEBIAN_FRONTEND"
    ]
    if not settings or settings[-1][1].value != "noninteractive":
        return
    instruction, assignment = settings[-1]
    alone = len(instruction.assignments) == 1 and not assignment.legacy and len(settings) == 1
    written = dockerfile.text[instruction.keyword_span]
    yield Problem(
        at=assignment.span,
        message="`DEBIAN_FRONTEND=noninteractive` stays in the image",
        subject="DEBIAN_FRONTEND",
        why="Packages ask nobody who works in a container of it, either.",
        advice="Use `ARG`, which holds for the build.",
        edits=[Edit(dockerfile.path, instruction.keyword_span, "arg" if written.islower() else "ARG")] if alone else [],
    )
