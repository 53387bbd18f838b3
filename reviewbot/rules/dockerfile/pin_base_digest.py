"""Base images without a digest."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context.built_here import is_built_here
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.pinning import pin_of
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference


@rule(
    "pin-base-digest",
    title="Pin base images by digest",
    category=Category.REPRODUCIBILITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("dockerfile-source-not-pinned",),
    fixable=True,
    depends_on_facts=True,
)
def pin_base_digest(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A tag can be pushed again, by its owner or by somebody who took over the account. A digest is the content itself: with it
    the build gets exactly this base, or fails. The tag stays in front of it for people, and for Dependabot and Renovate,
    which keep both up to date.

    Fine without one where nobody renews digests: an old base that never changes misses its security updates.

    Bad:
        FROM debian:12.8-slim  # <- finding
        --- registry debian:12.8-slim
        {tag: 12.8-slim, digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c"}
    Good:
        --- Dockerfile
        FROM debian:12.8-slim@sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c
    Bad (nobody knows the digest):
        FROM example.org/base:1.2 AS base  # <- finding
        FROM base
    Also good:
        FROM debian:12.8-slim@sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c AS build
        FROM scratch
        COPY --from=build /app /app
    Also good (it is built here, and was never pushed):
        FROM php-base:8.3
    Also good (`pin-base-image` speaks of it):
        FROM debian:latest
    """
    for stage in dockerfile.stages:
        reference = dockerfile.expand(stage.base, stage.from_instruction) if stage.parent is None else None
        image = parse_reference(reference) if reference and reference != "scratch" else None
        if image is None or reference is None or image.digest or not image.is_pinned or is_built_here(image, facts):
            continue
        pin = pin_of(reference, facts)
        edits = [Edit(dockerfile.path, stage.base_span, f"{reference}@{pin.digest}")] if pin else []
        yield Problem(
            at=stage.base_span,
            message=f"{code(reference)} is a tag, which its owner can move",
            subject=image.familiar_name,
            why="What is built depends on what the registry holds under this name at the time.",
            advice="Put the digest behind the tag: `docker buildx imagetools inspect` prints it.",
            evidence=pin.evidence if pin else None,
            edits=edits if stage.base == reference else [],
        )
