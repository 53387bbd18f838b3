"""Toolchains that ship with what they built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference


@dataclass(frozen=True)
class _Toolchain:
    """An image that is made for building: the commands that build, and where the result would run."""

    builds: frozenset[tuple[str, str]]
    result: str
    runs_on: str


def _toolchain(builds: str, result: str, runs_on: str) -> _Toolchain:
    pairs = (item.partition(" ") for item in builds.split(", "))
    return _Toolchain(frozenset((program, verb) for program, _, verb in pairs), result, runs_on)


_GO = _toolchain("go build, go install", "the binary", "gcr.io/distroless/static:nonroot")
_RUST = _toolchain("cargo build, cargo install", "the binary", "debian:12-slim")
_MAVEN = _toolchain("mvn package, mvn install, mvn verify, mvn clean", "the jar", "eclipse-temurin:21-jre")
_GRADLE = _toolchain(
    "gradle build, gradlew build, gradle bootJar, gradlew bootJar, gradle assemble", "the jar", "eclipse-temurin:21-jre"
)
_DOTNET = _toolchain("dotnet publish, dotnet build", "the published folder", "mcr.microsoft.com/dotnet/aspnet")
_C = _toolchain("gcc , g++ , make , cmake ", "the binary", "debian:12-slim")

_IMAGES = {
    "golang": _GO,
    "rust": _RUST,
    "maven": _MAVEN,
    "gradle": _GRADLE,
    "mcr.microsoft.com/dotnet/sdk": _DOTNET,
    "gcc": _C,
}


@rule(
    "multi-stage",
    title="Build in one stage, ship another",
    category=Category.SIZE,
    severity=Severity.WARNING,
)
def multi_stage(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The image holds the compiler that built the program: a gigabyte for a binary of a few megabytes, and everything in it
    to patch. Build in a stage of its own, and copy only the result into a small one.

    Fine for images that are there to build in.

    Bad:
        FROM golang:1.22.1  # <- finding
        WORKDIR /src
        COPY . .
        RUN go build -o /app .
        CMD ["/app"]
    Also good:
        FROM golang:1.22.1 AS build
        RUN go build -o /app .
        FROM gcr.io/distroless/static:nonroot
        COPY --from=build /app /app
        ENTRYPOINT ["/app"]
    Also good (it starts nothing: somebody builds in it):
        FROM golang:1.22.1
        RUN go install golang.org/x/tools/cmd/goimports@v0.20.0
    """
    stage = dockerfile.final_stage
    root = stage.lineage[0]
    reference = dockerfile.base_image(root)
    image = parse_reference(reference) if reference else None
    toolchain = _IMAGES.get(image.familiar_name) if image else None
    start = stage.last("CMD", "ENTRYPOINT")
    if toolchain is None or start is None:
        return
    if any(word in start.argument_text for word in ("bash", "sh -c", "zsh", "go run", "cargo run", "watch", "sleep")):
        return
    commands = [
        command
        for each in dockerfile.shipped_stages
        for instruction in each.all("RUN")
        for command in (instruction.script.commands if instruction.script else ())
    ]
    built = next((command for command in commands if _builds(command, toolchain)), None)
    if built is None:
        return
    yield Problem(
        at=root.base_span,
        message=f"The toolchain of {code(reference or '')} ships with the program",
        subject=stage.label,
        why=f"{code(' '.join((built.program or '', built.subcommand or '')).strip())} runs in the stage that ships, so the "
        "compiler, its sources and its caches are in every pull.",
        advice=f"Name this stage (`AS build`), begin a second one `FROM {toolchain.runs_on}`, and "
        f"`COPY --from=build` {toolchain.result} into it.",
    )


def _builds(command: Command, toolchain: _Toolchain) -> bool:
    program = command.program or ""
    verbs = {word.value for word in command.operands}
    return any(program == name and (not verb or verb in verbs) for name, verb in toolchain.builds)
