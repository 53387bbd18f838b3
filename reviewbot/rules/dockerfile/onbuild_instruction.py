"""ONBUILD."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "onbuild-instruction",
    title="Say in a Dockerfile what is built, not in its base's ONBUILD",
    category=Category.REPRODUCIBILITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
)
def onbuild_instruction(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`ONBUILD` puts instructions into the builds of those who start from this image. Their Dockerfile does not show them, the
    order cannot be changed, and a new version of the base changes what they build.

    Fine for images whose very purpose it is, with `onbuild` in the tag, and for stages that others in the same file start
    from.

    Bad:
        FROM node:20.11.1-slim
        WORKDIR /app
        ONBUILD COPY . .  # <- finding
        ONBUILD RUN npm ci
    Good:
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        RUN npm ci
    Also good (the file says what it is for):
        --- onbuild/Dockerfile
        FROM node:20.11.1-slim
        ONBUILD COPY . .
    Also good (used in this file):
        FROM node:20.11.1-slim AS base
        ONBUILD COPY . .
        FROM base
        CMD ["node", "server.js"]
    """
    if "onbuild" in dockerfile.path.lower():
        return
    for instruction in dockerfile.final_stage.all("ONBUILD")[:1]:
        yield Problem(
            at=instruction.span,
            message="This runs in the builds of those who start from this image, and their Dockerfile does not show it",
            subject="onbuild",
            why=f"{code(instruction.argument_text[:80])} is added behind their `FROM`.",
            advice="Write it into the Dockerfiles that need it, or make it a script that they can call.",
        )
