"""Exact versions of a base image that have a newer patch."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference


@rule(
    "newer-patch",
    title="Start from the newest patch of the series",
    category=Category.SECURITY,
    severity=Severity.INFO,
    fixable=True,
    depends_on_facts=True,
)
def newer_patch(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A patch release mends bugs and security holes of its series and is meant to change nothing else. Where the registry says
    that there is a newer one of the same series and variant (`3.12.7-slim` for `3.12.6-slim`), whoever writes the line today
    can just as well begin with that.

    Only told where the registry was asked. Fine where exactly this patch is wanted: then name its digest, or ignore this with
    the reason.

    Bad:
        FROM python:3.12.6-slim AS build  # <- finding
        RUN pip wheel app
        FROM build
        --- registry python:3.12.6-slim
        {tag: 3.12.6-slim, digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c",
         newer_patch: 3.12.7-slim,
         newer_digest: "sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d"}
    Good:
        --- Dockerfile
        FROM python:3.12.7-slim AS build
        RUN pip wheel app
        FROM build
    Bad (a variable holds it):
        ARG PYTHON=3.12.6
        FROM python:${PYTHON}-slim  # <- finding
        --- registry python:3.12.6-slim
        {tag: 3.12.6-slim, digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c",
         newer_patch: 3.12.7-slim}
    Also good (it is the newest one):
        --- Dockerfile
        FROM python:3.12.7-slim
        --- registry python:3.12.7-slim
        {tag: 3.12.7-slim, digest: "sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d"}
    Also good (the registry was not asked, and a digest says exactly which one is meant):
        FROM python:3.12.6-slim
        FROM python:3.12.6-slim@sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c
    """
    for stage in dockerfile.stages:
        reference = dockerfile.expand(stage.base, stage.from_instruction) if stage.parent is None else None
        asked = facts.registry.get(reference or "")
        image = parse_reference(reference) if reference else None
        if asked is None or asked.newer_patch is None or image is None or image.digest or reference is None:
            continue
        newer = f"{image.name}:{asked.newer_patch}"
        told = f", {asked.newer_digest[:19]}…" if asked.newer_digest else ""
        yield Problem(
            at=stage.base_span,
            message=f"{code(reference)} has a newer patch: {code(asked.newer_patch)}",
            subject=f"{stage.index} {image.familiar_name}",
            why="What was mended since is not in this build: patches of one series bring fixes and little else.",
            advice=f"Take {code(newer)}.",
            evidence=f"{image.domain} has {asked.newer_patch}{told} at the moment",
            edits=[Edit(dockerfile.path, stage.base_span, newer)] if stage.base == reference else [],
        )
