"""Toolchains as images and as packages: what builds with them, and where the result would run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Instruction
from reviewbot.source.reference import ImageReference


class Toolchain(Struct, frozen=True):
    """What is made for building: the commands that build (program, and a word of its arguments or nothing), what to copy
    out of the stage, and an image that it runs on."""

    builds: frozenset[tuple[str, str]]
    result: str
    runs_on: str
    is_certain: bool = True
    """False where the program may well need it again while it runs."""


def _toolchain(builds: str, result: str, runs_on: str, *, is_certain: bool = True) -> Toolchain:
    pairs = (item.partition(" ") for item in builds.split(", "))
    return Toolchain(frozenset((program, verb) for program, _, verb in pairs), result, runs_on, is_certain)


_GO = _toolchain("go build, go install", "the binary (built with `CGO_ENABLED=0`)", "gcr.io/distroless/static:nonroot")
_RUST = _toolchain("cargo build, cargo install", "the binary", "debian:13-slim")
_MAVEN = _toolchain(
    "mvn package, mvn install, mvn verify, mvnw package, mvnw install, mvnw verify", "the jar", "eclipse-temurin:21-jre"
)
_GRADLE = _toolchain(
    "gradle build, gradlew build, gradle bootJar, gradlew bootJar, gradle assemble, gradlew assemble, gradle shadowJar, "
    "gradlew shadowJar, gradle installDist, gradlew installDist",
    "the jar",
    "eclipse-temurin:21-jre",
)
_JAVA = Toolchain(_MAVEN.builds | _GRADLE.builds | {("javac", "")}, "the jar", "eclipse-temurin:21-jre")
_DOTNET = _toolchain("dotnet publish, dotnet build", "the published folder", "mcr.microsoft.com/dotnet/aspnet")
_C = _toolchain(
    "gcc , g++ , cc , c++ , clang , clang++ , make , cmake , ninja , meson ", "the binary", "debian:13-slim"
)
_WHEELS = _toolchain(
    "pip install, pip3 install, poetry install, pipenv install, uv sync, uv pip",
    "the virtual environment",
    "the same image",
    is_certain=False,
)
_NODE = _toolchain(
    "npm ci, npm install, yarn install, pnpm install", "`node_modules`", "the same image", is_certain=False
)
_RUBY = _toolchain("bundle install, gem install", "the bundle", "the same image", is_certain=False)

_IMAGES = {
    "golang": _GO,
    "rust": _RUST,
    "maven": _MAVEN,
    "gradle": _GRADLE,
    "mcr.microsoft.com/dotnet/sdk": _DOTNET,
    "gcc": _C,
}
_JDKS = frozenset({"eclipse-temurin", "openjdk", "ibm-semeru-runtimes", "sapmachine", "adoptopenjdk"})

_C_PACKAGES = frozenset(
    {"alpine-sdk", "base-devel", "build-base", "build-essential", "clang", "cmake", "g++", "gcc", "gcc-c++", "musl-dev"}
)
_OTHER_PACKAGES = {
    "cargo": _RUST, "rustc": _RUST, "golang": _GO, "golang-go": _GO, "go": _GO, "maven": _JAVA, "gradle": _JAVA,
    "default-jdk": _JAVA, "default-jdk-headless": _JAVA,
}  # fmt: skip
_INSTALLERS = {
    ("apt-get", "install"), ("apt", "install"), ("apk", "add"), ("yum", "install"), ("dnf", "install"),
    ("microdnf", "install"), ("zypper", "install"),
}  # fmt: skip
_REMOVERS = {
    ("apt-get", "purge"), ("apt-get", "remove"), ("apt-get", "autoremove"), ("apt", "purge"), ("apt", "remove"),
    ("apt", "autoremove"), ("apk", "del"), ("yum", "remove"), ("dnf", "remove"), ("yum", "erase"), ("dnf", "erase"),
    ("yum", "autoremove"), ("dnf", "autoremove"), ("microdnf", "remove"), ("zypper", "remove"),
}  # fmt: skip


def toolchain_image(image: ImageReference) -> Toolchain | None:
    """The toolchain that an image is made of."""
    tag = image.tag or ""
    if image.familiar_name in _JDKS and "jre" not in tag:
        return _JAVA
    return _IMAGES.get(image.familiar_name)


def compilers_installed(run: Instruction) -> Iterator[tuple[Command, tuple[str, ...]]]:
    """Commands of a RUN that install compilers, which it does not remove again, and the names of those packages."""
    commands = run.commands
    if any((c.program, c.subcommand) in _REMOVERS for c in commands):
        return
    for command in commands:
        if (command.program, command.subcommand) not in _INSTALLERS:
            continue
        packages = (word.value.split("=")[0] for word in command.operands[1:] if word.is_literal)
        names = tuple(name for name in packages if name in _C_PACKAGES or _other(name) is not None)
        if names:
            yield command, names


def _other(package: str) -> Toolchain | None:
    if package.startswith(("openjdk", "java-")) and ("jdk" in package[4:] or package.endswith("devel")):
        return _JAVA if "jre" not in package else None
    return _OTHER_PACKAGES.get(package)


def toolchains_for_packages(names: Sequence[str]) -> tuple[Toolchain, ...]:
    """What is built with these packages: a C compiler also serves what is installed from source."""
    found = {id(toolchain): toolchain for name in names if (toolchain := _other(name)) is not None}
    own = tuple(found.values())
    return (*own, _C, _WHEELS, _NODE, _RUBY) if any(name in _C_PACKAGES for name in names) else own


def builder_of(command: Command, toolchains: Sequence[Toolchain]) -> Toolchain | None:
    """The toolchain that a command builds with."""
    program = command.program or ""
    verbs = {word.value for word in command.operands}
    for toolchain in toolchains:
        for name, verb in toolchain.builds:
            if program == name and (not verb or verb in verbs) and not command.has_flag("--version"):
                return toolchain
    return None
