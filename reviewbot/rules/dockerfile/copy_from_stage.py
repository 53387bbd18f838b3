"""COPY --from and mounts of what is no earlier stage."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from reviewbot.context.copies import is_bake_context
from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.dockerfile import Dockerfile, Flag, Instruction, Stage
from reviewbot.source.text import Span


@rule(
    "copy-from-stage",
    title="Copy from a stage that comes before",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=(
        "DL3022",
        "DL3023",
        "DS-0006",
        "cdddb86f-95f6-4fc4-b5a1-483d9afceb2b",
        "68a51e22-ae5a-4d48-8e87-b01a323605c9",
        "copy-from-own-alias",
    ),
    fixable=True,
)
def copy_from_stage(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`--from` names an earlier stage, by its name or its number, an image, or a build context that is given when the
    build is started. A stage cannot copy from itself or from one that comes later, variables are not replaced
    there, and a misspelt stage is looked for in the registry: an image of that name may even exist.

    Fine for images and named build contexts.

    Bad (misspelt):
        FROM golang:1.22.1 AS builder
        FROM scratch
        COPY --from=bulider /app /app  # <- finding
    Good:
        FROM golang:1.22.1 AS builder
        FROM scratch
        COPY --from=builder /app /app
    Bad (itself, a later one, a number without stage, a variable):
        ARG STAGE=build
        FROM golang:1.22.1 AS build
        COPY --from=build /a /b  # <- finding
        RUN --mount=type=bind,from=0,target=/x true  # <- finding
        COPY --from=assets /a /b  # <- finding
        FROM scratch AS assets
        COPY --from=7 /a /b  # <- finding
        FROM scratch
        COPY --from=${STAGE} /a /b  # <- finding
    Also good (stages, images, named contexts):
        FROM golang:1.22.1 AS build
        FROM scratch
        COPY --from=build /app /app
        COPY --from=BUILD /app /app
        COPY --from=0 /app /app
        COPY --from=nginx:1.25.4 /etc/nginx /etc/nginx
        COPY --from=ghcr.io/example/build /a /a
        COPY --from=busybox /bin/sh /bin/sh
        COPY --from=assets . /srv
        RUN --mount=from=tools,target=/tools /tools/run
    Also good (names given by Compose and bake, however near):
        --- Dockerfile
        FROM golang:1.22.1 AS assets
        FROM scratch AS build
        COPY --from=asset . /srv
        COPY --from=builds . /srv
        --- compose.yaml
        services:
          app:
            build:
              context: .
              additional_contexts:
                asset: ./assets
        --- docker-bake.hcl
        target "app" {
          contexts = { builds = "target:other" }
        }
    Also good (it runs in the child's build):
        FROM debian:12.5-slim AS build
        ONBUILD COPY --from=build /a /b
    """
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            for flag, name, at in _names(dockerfile, instruction):
                problem = _problem(dockerfile, stage, flag, name, at, facts)
                if problem is not None:
                    yield problem


def _names(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[tuple[Flag, str, Span]]:
    """What is named as a source, and where."""
    for flag in instruction.flags:
        name = flag.value if flag.name == "from" else flag.fields.get("from") if flag.name == "mount" else None
        written = dockerfile.text[flag.span]
        at = written.find(f"from={name}") if name else -1
        if name and at >= 0:
            start = flag.span.start + at + len("from=")
            yield flag, name, Span(start, start + len(name))


def _problem(dockerfile: Dockerfile, stage: Stage, flag: Flag, name: str, at: Span, facts: Facts) -> Problem | None:
    subject = f"{stage.label} {name}"
    if "$" in name:
        return Problem(
            at=at,
            message=f"Variables are not replaced in `--from`: no stage is named {code(name)}",
            subject=subject,
            why="The builder takes the text as it stands, and stops.",
            advice=f"Name a stage for it before this one, `FROM {name} AS source`, and copy from that.",
        )
    target = _earlier(dockerfile, stage, name)
    if target is not None and target.index == stage.index:
        message = f"This stage copies from itself: {code(name)}"
        return Problem(at=at, message=message, subject=subject, why="Docker stops at the circle.",
                       advice="The file is already here; name another stage, or use `RUN cp`.")  # fmt: skip
    if target is not None and target.index > stage.index:
        return Problem(
            at=at,
            message=f"The stage {code(name)} comes later than this one",
            subject=subject,
            why="A stage sees those before it.",
            advice="Move that stage up.",
        )
    if target is not None or _is_elsewhere(name, facts):
        return None
    if name.isascii() and name.isdecimal():
        return Problem(
            at=at,
            message=f"There is no stage {name}: stages count from 0, and this file has {len(dockerfile.stages)}",
            subject=subject,
            why="The build stops here.",
            advice="Name the stage with `AS`, and copy from that name.",
        )
    names = [each.name for each in dockerfile.stages[: stage.index] if each.name]
    near = difflib.get_close_matches(name.lower()[:60], [n.lower() for n in names], n=1, cutoff=0.8)
    if not near or any(c in name for c in "/:.@"):
        return None
    return Problem(
        at=at,
        message=f"No stage is named {code(name)}; there is one named {code(near[0])}",
        subject=subject,
        why="What is no stage is pulled from the registry as an image of that name.",
        edits=[Edit(dockerfile.path, at, near[0])],
        confidence=Confidence.MEDIUM,
    )


def _earlier(dockerfile: Dockerfile, stage: Stage, name: str) -> Stage | None:
    """The stage a name means here: an earlier one before any other of the same name."""
    named = [each for each in dockerfile.stages if each.name and each.name.lower() == name.lower()]
    earlier = [each for each in named if each.index < stage.index]
    if earlier or named:
        return (earlier or named)[-1]
    return dockerfile.stage_named(name)


def _is_elsewhere(name: str, facts: Facts) -> bool:
    """Whether a bake file or a Compose file gives a build context this name."""
    return is_bake_context(name, facts) or any(_gives_context(c, name) for c in facts.compose_files.values())


def _gives_context(compose: ComposeFile, name: str) -> bool:
    return "additional_contexts" in compose.text.content and name in compose.text.content
