"""Toolchains that ship with what they built."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_reference
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.toolchains import (
    Toolchain,
    builder_of,
    compilers_installed,
    toolchain_image,
    toolchains_for_packages,
)
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction

_WORKS_IN_IT = re.compile(
    r"\b(?:bash|zsh|sh -c|watch|sleep|tail -f|go run|cargo (?:run|watch)|mvn|gradlew?|dotnet (?:run|watch)|make)\b"
)
_FOR_DEVELOPMENT = re.compile(r"dev|debug|test|builder|toolchain|ci\b|devcontainer|sdk", re.IGNORECASE)
_STATIC_SERVERS = re.compile(r"\b(?:serve -s|npx serve|http-server|vite preview|serve\b.*\b(?:dist|build))")
_WITHOUT_VERB = frozenset({"gcc", "g++", "cc", "c++", "clang", "clang++", "cmake", "javac", "make", "ninja"})
_BUILD_SCRIPT = re.compile(r"build(?::[\w-]+)?\Z")


@rule(
    "multi-stage",
    title="Build in one stage, ship another",
    category=Category.SIZE,
    severity=Severity.WARNING,
)
def multi_stage(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The image holds the compiler that built the program: a gigabyte for a binary of a few megabytes, and everything in it
    to patch. Build in a stage of its own, and copy only the result into a small one. The same goes for compilers that
    packages need while they are installed, and for the development dependencies of a front end.

    Fine for images that are there to build in, and where the same `RUN` removes what it installed.

    Bad:
        FROM golang:1.22.1  # <- finding
        WORKDIR /src
        COPY . .
        RUN go build -o /app .
        CMD ["/app"]
    Bad (a JDK, by the project's own wrapper):
        FROM eclipse-temurin:21.0.4_7-jdk  # <- finding
        COPY . .
        RUN ./mvnw -B package -DskipTests
        ENTRYPOINT ["java", "-jar", "target/app.jar"]
    Bad (compilers from packages):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y build-essential cmake  # <- finding
        COPY . /src
        RUN cmake -S /src -B /build && cmake --build /build
        CMD ["/build/app"]
    Bad (compilers for Python's packages):
        FROM python:3.12.2-slim
        RUN apt-get update && apt-get install -y gcc libpq-dev  # <- finding
        RUN pip install -r requirements.txt
        CMD ["gunicorn", "app:app"]
    Bad (a front end, with all that built it):
        FROM node:20.11.1-slim  # <- finding
        COPY . .
        RUN npm ci && npm run build
        CMD ["npx", "serve", "-s", "dist"]
    Also good:
        FROM golang:1.22.1 AS build
        RUN go build -o /app .
        FROM gcr.io/distroless/static:nonroot
        COPY --from=build /app /app
        ENTRYPOINT ["/app"]
    Also good (it starts nothing: somebody builds in it):
        FROM golang:1.22.1
        RUN go install golang.org/x/tools/cmd/goimports@v0.20.0
    Also good (removed in the same instruction):
        FROM python:3.12.2-alpine
        RUN apk add --no-cache --virtual .build gcc musl-dev && pip install uwsgi && apk del .build
        CMD ["uwsgi"]
    Also good (compilers that are worked with, or that nothing here uses):
        FROM debian:12.5-slim AS one
        RUN apt-get update && apt-get install -y gcc make
        CMD ["bash"]
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y make git
        RUN make install-config
        CMD ["serve"]
    Also good (the development dependencies are left behind):
        FROM node:20.11.1-slim
        COPY . .
        RUN npm ci && npm run build && npm prune --omit=dev
        CMD ["node", "dist/server.js"]
    """
    stage = dockerfile.final_stage
    start = stage.last("CMD", "ENTRYPOINT")
    if (
        start is None
        or dockerfile.is_windows(stage)
        or _FOR_DEVELOPMENT.search(f"{dockerfile.path} {stage.name or ''}")
    ):
        return
    if _WORKS_IN_IT.search(_spoken(start)):
        return
    image = base_reference(dockerfile, stage)
    runs = [i for each in dockerfile.shipped_stages for i in each.all("RUN") if i.commands]
    commands = [command for run in runs for command in run.commands]
    toolchain = toolchain_image(image) if image else None
    if toolchain is not None and image is not None:
        built = next((command for command in commands if builder_of(command, (toolchain,))), None)
        if built is not None:
            yield _ships(dockerfile, str(image), built, toolchain)
        return
    yield from _packages(stage.label, runs, commands)
    if image is not None and image.familiar_name == "node" and _STATIC_SERVERS.search(_spoken(start)):
        built = next((command for command in commands if _builds_front_end(command)), None)
        if built is not None:
            yield Problem(
                at=stage.root.base_span,
                message="Node.js and everything that built this front end ship with its files",
                subject=stage.label,
                why=f"{code(_words(built))} makes static files; any web server can serve them.",
                advice="Name this stage (`AS build`), begin a second one `FROM nginx:alpine`, and `COPY --from=build` the built "
                "folder into `/usr/share/nginx/html`.",
            )


def _ships(dockerfile: Dockerfile, image: str, built: Command, toolchain: Toolchain) -> Problem:
    return Problem(
        at=dockerfile.final_stage.root.base_span,
        message=f"The toolchain of {code(image)} ships with the program",
        subject=dockerfile.final_stage.label,
        why=f"{code(_words(built))} runs in the stage that ships, so the compiler, its sources and its caches are in every pull.",
        advice=_advice(toolchain),
    )


def _advice(toolchain: Toolchain) -> str:
    return (
        f"Name this stage (`AS build`), begin a second one `FROM {toolchain.runs_on}`, and "
        f"`COPY --from=build` {toolchain.result} into it."
    )


def _packages(label: str, runs: list[Instruction], commands: list[Command]) -> Iterator[Problem]:
    """Compilers from packages that something in the shipped stages builds with."""
    for run in runs:
        for command, names in compilers_installed(run):
            toolchains = toolchains_for_packages(names)
            built = [
                (c, found)
                for c in commands
                if c.span.start > command.span.start and (found := builder_of(c, toolchains)) is not None
            ]
            if built:
                user, toolchain = built[0]
                listed = ", ".join(code(name) for name in names[:4])
                yield Problem(
                    at=command.span,
                    message=f"What is needed to build ships with the program: {listed}",
                    subject=f"{label} {' '.join(names)}",
                    why=f"{code(_words(user))} needs it once; the image keeps it for good.",
                    advice=_advice(toolchain),
                    confidence=Confidence.HIGH if toolchain.is_certain else Confidence.MEDIUM,
                )
                return


def _builds_front_end(command: Command) -> bool:
    words = [word.value for word in command.operands]
    is_manager = command.program in ("npm", "yarn", "pnpm", "bun")
    return is_manager and any(_BUILD_SCRIPT.match(word) for word in words[:2])


def _spoken(instruction: Instruction) -> str:
    return " ".join(word.value for word in instruction.words)


def _words(command: Command) -> str:
    """A command as people call it: the program, and the verb that builds."""
    verbs = [word.value for word in command.operands if word.is_literal]
    verbs = verbs[: 2 if verbs[:1] == ["run"] else 1] if command.program not in _WITHOUT_VERB else []
    return " ".join(word for word in (command.program, *verbs) if word)
