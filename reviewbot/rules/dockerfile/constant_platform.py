"""FROM --platform."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Stage

_ARCHITECTURES = re.compile(
    r"amd64|x86|x64|arm|aarch|386|i686|ppc|s390|riscv|mips|loong|linux|windows|darwin", re.IGNORECASE
)


@rule(
    "constant-platform",
    title="Leave the platform of an image to whoever builds it",
    category=Category.REPRODUCIBILITY,
    severity=Severity.WARNING,
    aliases=(
        "DL3029",
        "FromPlatformFlagConstDisallowed",
        "b16e8501-ef3c-44e1-a543-a093238099c9",
        "avoid-platform-with-from",
    ),
)
def constant_platform(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`--platform=linux/amd64` makes an image for that platform wherever it is built: on an ARM machine everything in it is
    emulated, several times slower, and `docker build --platform` no longer changes anything. Say it when building.

    Fine with variables (`$BUILDPLATFORM` for cross builds), in stages named after their architecture, for images that are
    made for one platform alone, and in stages that only hand over files.

    Bad:
        FROM --platform=linux/amd64 node:20.11.1-slim  # <- finding
        CMD ["node", "server.js"]
    Good:
        FROM node:20.11.1-slim
        CMD ["node", "server.js"]
    Also good (a cross build):
        FROM --platform=$BUILDPLATFORM golang:1.22.1 AS build
        FROM --platform=${TARGETPLATFORM} debian:12.5-slim
    Also good (one stage for each, and one is chosen):
        FROM --platform=linux/amd64 debian:12.5-slim AS build-amd64
        FROM --platform=linux/arm64 debian:12.5-slim AS build-arm64
        FROM build-${TARGETARCH}
    Also good (the file or the image says that it is for one):
        FROM --platform=linux/amd64 amd64/debian:12.5-slim
    Also good (files that are the same everywhere):
        FROM --platform=linux/amd64 node:20.11.1-slim AS assets
        RUN npm run build
        FROM nginx:1.25.4
        COPY --from=assets /dist /usr/share/nginx/html
    Also good (Windows):
        FROM --platform=windows/amd64 mcr.microsoft.com/windows/nanoserver:ltsc2022
    """
    for stage in dockerfile.shipped_stages:
        flag = stage.from_instruction.flag("platform")
        if flag is None or not flag.value or "$" in flag.value or _is_for_one(dockerfile, stage):
            continue
        yield Problem(
            at=flag.span,
            message=f"This image is for {code(flag.value)} wherever it is built",
            subject=stage.label,
            why="On other machines it is emulated, and `--platform` of the build is without effect.",
            advice="Drop the flag, and build with `docker build --platform`, or `platform:` in Compose.",
        )


def _is_for_one(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether names say that it is made for one architecture."""
    named = f"{stage.name or ''} {stage.base} {dockerfile.path}"
    return _ARCHITECTURES.search(named) is not None or dockerfile.is_windows(stage)
