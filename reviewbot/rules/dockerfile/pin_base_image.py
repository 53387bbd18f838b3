"""Base images that are another one tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context.built_here import is_built_here
from reviewbot.context.copies import is_bake_context
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.end_of_life import current_release
from reviewbot.rules.pinning import pin_of
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import ImageReference, parse_reference
from reviewbot.source.text import Span

_EXACT = {"node": "24.11.1-slim", "python": "3.14.0-slim", "debian": "13.2-slim", "alpine": "3.22.2"}
"""What an exact version looks like."""


@rule(
    "pin-base-image",
    title="Name the version of the base image",
    category=Category.REPRODUCIBILITY,
    severity=Severity.ERROR,
    aliases=(
        "DL3006",
        "DL3007",
        "DS-0001",
        "CKV_DOCKER_7",
        "DKL-DI-0006",
        "missing-image-version",
        "avoid-latest-version",
        "9efb0b2d-89c9-41a3-91ca-dcc0aec911fd",
        "f45ea400-6bbe-4501-9fc7-1c3d75c32067",
    ),
    fixable=True,
    depends_on_facts=True,
)
def pin_base_image(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Without a tag, or with `latest`, the base is whatever was pushed last: two builds of the same commit differ, and a
    new major version arrives unasked. Name a version (`node:18.4.0-alpine`), better with the digest
    (`node:18.4.0-alpine@sha256:…`), which nobody can move.

    Fine for other stages of the same file, `scratch`, variables whose default names a version, and images that the project
    builds itself: a name that Docker Hub has no official image of, or that a Compose file, a script or a workflow gives.

    Bad:
        FROM debian:latest  # <- finding
        RUN true
        --- image debian:latest
        digest: sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d
    Good (with the digest that the engine knows):
        --- Dockerfile
        FROM debian:latest@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d
        RUN true
    Bad (the registry was asked):
        FROM node AS build  # <- finding
        COPY --from=nginx:latest /etc/nginx /etc/nginx  # <- finding
        --- registry node
        {tag: latest, digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c", version_tag: 22.11.0}
        --- registry nginx:latest
        {tag: latest, digest: "sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d", version_tag: 1.27.2}
    Good (the version that the tag means today):
        --- Dockerfile
        FROM node:22.11.0@sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c AS build
        COPY --from=nginx:1.27.2@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d /etc/nginx /etc/nginx
    Bad (no tag, and a variable that holds one):
        ARG BASE=alpine
        FROM ${BASE}  # <- finding
        FROM ghcr.io/example/tool AS tool  # <- finding
        COPY --from=docker.io/library/busybox:latest /bin/busybox /bin/busybox  # <- finding
    Also good (a name that the bake file gives to a build context):
        --- Dockerfile
        FROM php-base AS app
        --- docker-bake.hcl
        target "app" {
          contexts = { php-base = "docker-image://php:8.3.4-cli" }
        }
    Also good (no official image has this name: it is built here):
        FROM bats-jenkins
        FROM php-base:latest
    Also good (a script builds it):
        --- Dockerfile
        FROM example/base
        --- build.sh
        docker build -t example/base:latest base
    Bad (another one is built):
        --- Dockerfile
        FROM example/base  # <- finding
        --- build.sh
        docker build -t example/other base
    Bad (its registry knows it):
        FROM newcomer  # <- finding
        --- registry newcomer
        {tag: latest, digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c"}
    Good (as it is there today):
        --- Dockerfile
        FROM newcomer:latest@sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c
    Also good:
        ARG BASE=alpine:3.19.1
        ARG UNKNOWN
        FROM ${BASE} AS build
        FROM ${UNKNOWN}
        FROM build AS test
        FROM scratch
        COPY --from=build /app /app
        COPY --from=0 /app /app
        COPY --from=assets . /srv
        FROM debian@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d
        FROM localhost:5000/base:1.2
    """
    for stage in dockerfile.stages:
        if stage.parent is None and not is_bake_context(stage.base, facts):
            reference = dockerfile.expand(stage.base, stage.from_instruction)
            yield from _judge(dockerfile, reference, stage.base_span, facts)
        for instruction in stage.all("COPY"):
            source = instruction.flag("from")
            if source is None or source.value is None or dockerfile.stage_named(source.value):
                continue
            reference = dockerfile.expand(source.value, instruction)
            # A bare word may be a build context that is named when the build is started.
            if reference and ("/" in reference or ":" in reference):
                start = source.span.end - len(source.value)
                yield from _judge(dockerfile, reference, Span(start, source.span.end), facts)


def _judge(dockerfile: Dockerfile, reference: str | None, at: Span, facts: Facts) -> Iterator[Problem]:
    image = parse_reference(reference) if reference and reference != "scratch" else None
    if image is None or image.is_pinned or reference is None or is_built_here(image, facts):
        return
    pin = pin_of(reference, facts)
    edits = [Edit(dockerfile.path, at, pin.with_digest)] if pin and dockerfile.text[at] == reference else []
    yield Problem(
        at=at,
        message=f"{code(reference)} names no version: it is another image tomorrow",
        subject=image.familiar_name,
        why=_why(image),
        advice=_advice(image),
        evidence=pin.evidence if pin else None,
        edits=edits,
    )


def _why(image: ImageReference) -> str:
    said = "`latest` moves with every release" if image.tag else "Without a tag Docker takes `latest`, which moves"
    return f"{said}: the same commit then builds differently, and a new major version comes in unasked."


def _advice(image: ImageReference) -> str:
    release = _EXACT.get(image.familiar_name) or current_release(image)
    example = f", for example {code(f'{image.name}:{release}')}" if release else ""
    name = image.name if image.tag is None else f"{image.name}:{image.tag}"
    return (
        f"Name the version you build with today{example}, better with its digest: "
        f"{code(f'docker buildx imagetools inspect {name}')} prints that."
    )
