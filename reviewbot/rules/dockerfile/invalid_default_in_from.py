"""Variables in FROM that have no value of their own."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.reference import parse_reference
from reviewbot.source.variable_reference import PLATFORM_ARGS, references


@rule(
    "invalid-default-in-from",
    title="Let FROM name an image without build arguments",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=("InvalidDefaultArgInFrom",),
)
def invalid_default_in_from(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Without a default a plain `docker build .` stops at this `FROM`, with a message about an invalid reference; editors,
    scanners and update bots do not know what the image is built on either.

    Fine where the build is always started with the argument: a Compose file, a bake file or a workflow that gives it; and
    where the whole image is the argument (`FROM ${BASE}`), or chooses a stage.

    Bad:
        ARG TAG
        FROM debian:${TAG}  # <- finding
    Good:
        ARG TAG=12.5-slim
        FROM debian:${TAG}
    Also good (nothing may be missing):
        ARG VARIANT
        ARG VERSION
        FROM debian:12.5${VARIANT}
        FROM debian:${VERSION:-12.5}
        FROM --platform=$BUILDPLATFORM debian:12.5
    Also good (the image is the argument; a stage is chosen):
        ARG BASE
        ARG KIND
        FROM debian:12.5-slim AS build-fast
        FROM debian:12.5-slim AS build-small
        FROM build-${KIND} AS build
        FROM ${BASE}
    Also good (Compose gives it):
        --- Dockerfile
        ARG TAG
        FROM debian:${TAG}
        --- compose.yaml
        services:
          app:
            build:
              context: .
              args:
                TAG: 12.5-slim
    """
    for stage in dockerfile.stages:
        names = [found.name for found in references(stage.base)]
        if (
            not names
            or stage.parent is not None
            or stage.base.startswith("$")
            or any(name in PLATFORM_ARGS for name in names)
        ):
            continue
        declared = {a.name for i in dockerfile.global_args for a in i.assignments}
        if not declared.issuperset(names) or _is_valid(dockerfile, stage) or _is_given(names, dockerfile, facts):
            continue
        if any(other.name and other.name.startswith(stage.base.split("$")[0]) for other in dockerfile.stages):
            continue
        listed = ", ".join(code(f"${name}") for name in names)
        yield Problem(
            at=stage.base_span,
            message=f"Without build arguments {code(stage.base)} is no image: {listed} has no default",
            subject=f"{stage.index} {stage.base}",
            why="A plain `docker build .` stops here.",
            advice="Give the `ARG` a default that works.",
        )


def _is_valid(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether what is left of the base is an image when variables without a value are empty."""
    known = dockerfile.expand(stage.base, stage.from_instruction)
    if known is not None:
        return parse_reference(known) is not None
    rest, position = "", 0
    for found in references(stage.base):
        name = f"${found.name}"
        braced = stage.base.startswith("${", found.start)
        end = stage.base.find("}", found.start) + 1 if braced else found.start + len(name)
        value = dockerfile.expand(stage.base[found.start : end], stage.from_instruction) or ""
        rest += stage.base[position : found.start] + value
        position = end
    return parse_reference(rest + stage.base[position:]) is not None


def _is_given(names: list[str], dockerfile: Dockerfile, facts: Facts) -> bool:
    """Whether what may start the build mentions the argument."""
    texts = [compose.text for compose in facts.compose_files.values()]
    texts += [t for path in ("docker-bake.hcl", "docker-bake.json", "Makefile") if (t := facts.tree.read(path))]
    texts += [
        t for path in facts.tree.paths() if path.startswith(".github/workflows/") if (t := facts.tree.read(path))
    ][:50]
    return any(name in text.content for name in names for text in texts)
