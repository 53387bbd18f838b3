"""Registries that images may come from."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

import msgspec

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference
from reviewbot.source.text import Span


class TrustedRegistries(msgspec.Struct, frozen=True):
    """``registries``: hosts, with a port where they have one, or with the beginning of a path
    (``ghcr.io/example``); ``*`` stands for any characters."""

    registries: tuple[str, ...] = ()


@rule(
    "trusted-registry",
    title="Take images from the registries that are trusted",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=(
        "DL3026",
        "CIS-4.2",
    ),
    set=RuleSet.NAMED,
)
def trusted_registry(dockerfile: Dockerfile, facts: Facts, options: TrustedRegistries) -> Iterator[Problem]:
    """Whoever can push to a registry decides what a build takes from it. Where a company has a registry of its own, or a
    mirror that scans, everything else is a way around it.

    Name them with the option `registries`; without it this rule says nothing.

    Bad:
        --- options
        registries: [registry.example.org, "*.example.com", ghcr.io/example]
        --- Dockerfile
        FROM docker.io/library/debian:12.5-slim AS build  # <- finding
        FROM node:20.11.1-slim  # <- finding
        COPY --from=ghcr.io/other/tool:1.2 /tool /tool  # <- finding
    Good:
        --- Dockerfile
        FROM registry.example.org/debian:12.5-slim AS build
        FROM mirror.example.com/node:20.11.1-slim
        COPY --from=ghcr.io/example/tool:1.2 /tool /tool
        COPY --from=build /a /a
        COPY --from=assets /b /b
        FROM scratch
    Also good (none are named):
        FROM node:20.11.1-slim
    """
    if not options.registries:
        return
    for stage in dockerfile.stages:
        if stage.parent is None:
            yield from _judge(dockerfile.base_image(stage), stage.base_span, options)
        for instruction in stage.all("COPY"):
            flag = instruction.flag("from")
            # A bare word may be a build context that is named when the build is started.
            if (
                flag
                and flag.value
                and ("/" in flag.value or ":" in flag.value)
                and not dockerfile.stage_named(flag.value)
            ):
                yield from _judge(flag.value, flag.span, options)


def _judge(reference: str | None, at: Span, options: TrustedRegistries) -> Iterator[Problem]:
    image = parse_reference(reference) if reference and reference != "scratch" else None
    if image is None:
        return
    place = f"{image.domain}/{image.path}"
    if any(fnmatch.fnmatchcase(place, f"{trusted.rstrip('/')}/*") for trusted in options.registries):
        return
    yield Problem(
        at=at,
        message=f"{code(image.domain)} is not among the trusted registries",
        subject=image.familiar_name,
        why=f"{code(str(image))} comes from there.",
        advice=f"Take it from {', '.join(code(trusted) for trusted in options.registries[:3])}.",
    )
