"""A whole file system copied out of another stage."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "copy-whole-stage",
    title="Copy results out of a stage, not its whole file system",
    category=Category.SIZE,
    severity=Severity.WARNING,
    aliases=("DL3067",),
)
def copy_whole_stage(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`COPY --from=build / /` takes the toolchain, the caches and the sources of the build along, and lays one
    distribution over another: files of both are mixed, and packages are no longer what the package database says.

    Fine into an empty image, which makes one layer of a stage on purpose, and from a stage that begins empty.

    Bad:
        FROM golang:1.22.1 AS build
        RUN go build -o /app .
        FROM debian:12.5-slim
        COPY --from=build / /  # <- finding
    Good:
        FROM golang:1.22.1 AS build
        RUN go build -o /app .
        FROM debian:12.5-slim
        COPY --from=build /app /usr/local/bin/app
    Also good (one layer of all, on purpose):
        FROM debian:12.5-slim AS build
        RUN apt-get update
        FROM scratch
        COPY --from=build / /
    Also good (the same base, squashed into one layer):
        ARG BASE=debian:12.5-slim
        FROM ${BASE} AS merge
        RUN apt-get update
        FROM ${BASE}
        COPY --from=merge / /
    Also good (that stage holds only what was put there):
        FROM scratch AS overlay
        COPY etc /etc
        FROM debian:12.5-slim
        COPY --from=overlay / /
    Also good (images made to be laid over others, and folders):
        FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.6.1 AS xx
        FROM debian:12.5-slim AS build
        COPY --from=xx / /
        RUN make
        FROM debian:12.5-slim
        COPY --from=example.org/rootfs:1.2 / /
        COPY --from=build /out/ /
        COPY --from=build / /mnt/build/
    """
    for stage in dockerfile.stages:
        if dockerfile.base_image(stage) == "scratch" and not stage.all("RUN"):
            continue
        for instruction in stage.all("COPY"):
            flag = instruction.flag("from")
            source = dockerfile.stage_named(flag.value) if flag and flag.value else None
            target = instruction.destination
            if source is None or flag is None or target is None or target.value not in ("/", "/."):
                continue
            # What grew out of an empty image holds only what this file put there; one in which nothing runs stands for
            # an image that may be made for this.
            if source.root.base == "scratch" or not any(each.all("RUN") for each in source.lineage):
                continue
            if dockerfile.base_image(source) == dockerfile.base_image(stage):
                continue  # The same system, in one layer: somebody squashes on purpose.
            if any(word.value in ("/", "/.", "/*") for word in instruction.sources):
                yield Problem(
                    at=instruction.arguments,
                    message=f"All of the stage {code(flag.value or '')} is copied over this one's system",
                    subject=f"{stage.label} {flag.value}",
                    why=f"With it comes all of {code(dockerfile.base_image(source) or source.base)}, and what was built with.",
                    advice="Copy the files that were made; let the build put them into one folder (`/out`).",
                )
