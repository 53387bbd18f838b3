"""Caches of language package managers that stay in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.copied_files import context_has
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.run_edits import appended
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.mounts import has_cache_mount
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import (
    BUNDLER,
    CARGO,
    COMPOSER,
    CONDA,
    GEM,
    GO,
    GRADLE,
    MAVEN,
    NPM,
    PNPM,
    YARN,
    Action,
)


class _Cache(Struct, frozen=True):
    """Where a manager keeps what it fetched: words of its folders, the command that empties it, flags that avoid it.

    Without a command there is only advice: what is cached may be needed by the next step.
    """

    words: tuple[str, ...]
    clean: str = ""
    flags: tuple[str, ...] = ()


_CACHES = {
    NPM.name: _Cache((".npm", "npm"), "npm cache clean --force", ("--cache",)),
    YARN.name: _Cache(("yarn", ".cache"), "yarn cache clean", ("--cache-folder",)),
    PNPM.name: _Cache(("pnpm",), "pnpm store prune", ("--store-dir",)),
    COMPOSER.name: _Cache(("composer",), "composer clear-cache", ("--no-cache",)),
    CONDA.name: _Cache(("conda", "mamba", "pkgs"), "conda clean --all --yes", ("--dry-run",)),
    GEM.name: _Cache(("gem", "cache"), "", ()),
    BUNDLER.name: _Cache(("bundle", "gem", "cache"), "", ()),
    MAVEN.name: _Cache((".m2",), "", ("-Dmaven.repo.local",)),
    GRADLE.name: _Cache((".gradle",), "", ("-g", "--gradle-user-home")),
    CARGO.name: _Cache(("cargo", "registry"), "", ()),
    GO.name: _Cache(("go/pkg", "go-build", "gomod", "/go"), "", ()),
}
_NO_DOWNLOAD = ("clean", "generate", "run", "test", "t", "r", "check", "c", "mod vendor")


@rule(
    "package-caches",
    title="Leave the caches of package managers out of the layer",
    category=Category.SIZE,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("DL3060",),
    fixable=True,
)
def package_caches(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""npm, yarn, conda, composer and the others keep what they download for the next time. In an image there is no next
    time. Empty the cache in the same `RUN`, keep it in a cache mount, or install in a builder stage.

    Fine with a cache mount, and in builder stages, which do not ship.

    Bad:
        FROM node:20.11.1-slim
        RUN npm ci --omit=dev  # <- finding
        RUN yarn install --frozen-lockfile  # <- finding
    Good:
        FROM node:20.11.1-slim
        RUN npm ci --omit=dev && npm cache clean --force
        RUN yarn install --frozen-lockfile && yarn cache clean
    Bad:
        FROM continuumio/miniconda3:24.1.2-0
        RUN conda install -y numpy  # <- finding
    Good:
        FROM continuumio/miniconda3:24.1.2-0
        RUN conda install -y numpy && conda clean --all --yes
    Bad (the next step needs it: a builder stage is what helps):
        FROM golang:1.22.1
        RUN go mod download  # <- finding
        RUN mvn -B package  # <- finding
        RUN gem install rails  # <- finding
    Bad (yarn's cache is part of the project: only advice):
        --- Dockerfile
        FROM node:20.11.1-slim
        RUN yarn install --immutable  # <- finding
        --- .yarnrc.yml
        nodeLinker: pnp
    Also good:
        FROM node:20.11.1-slim
        RUN --mount=type=cache,target=/root/.npm npm ci
        RUN npm ci && npm cache clean --force
        RUN npm install -g npm@10.5.0 && rm -rf ~/.npm /tmp/*
        RUN composer install --no-cache --no-dev
        RUN npm run build && yarn build && go version && cargo --version && yarn -v
    Also good (this stage does not ship):
        FROM golang:1.22.1 AS build
        RUN go mod download && go build -o /app
        FROM scratch
        COPY --from=build /app /app
    """
    for stage in dockerfile.shipped_stages:
        for instruction in stage.all("RUN"):
            seen: set[str] = set()
            for call in reversed(instruction.package_commands):
                cache = _CACHES.get(call.manager.name)
                if cache is None or call.manager.name in seen or not _fills(call) or call.has(*cache.flags):
                    continue
                seen.add(call.manager.name)
                if _is_emptied(instruction, call, cache) or has_cache_mount(instruction, *cache.words):
                    continue
                yield Problem(
                    at=call.command.span,
                    message=f"{code(call.name)} leaves its cache in the image",
                    subject=f"{stage.label} {call.manager.name} {call.identity.split()[-1] if call.packages else ''}".strip(),
                    why="What was downloaded is in the layer a second time, and nothing will use it.",
                    advice=f"Empty it in this `RUN` ({code(cache.clean)})."
                    if cache.clean
                    else "Install in a builder stage, or keep the cache in a mount: `RUN --mount=type=cache,target=…`.",
                    edits=_edits(dockerfile, instruction, call, cache, facts),
                )


def _fills(call: PackageCommand) -> bool:
    filling = call.action in (Action.INSTALL, Action.RESTORE, Action.UPGRADE)
    return filling and call.verb not in _NO_DOWNLOAD and not call.has("--help", "--version", "--offline", "-o")


def _is_emptied(instruction: Instruction, after: PackageCommand, cache: _Cache) -> bool:
    start = after.command.span.start
    cleaned = any(
        call.manager is after.manager and call.action is Action.CLEAN and call.command.span.start > start
        for call in instruction.package_commands
    )
    removed = any(
        command.program in ("rm", "find") and any(_is_cache(word.value, cache) for word in command.arguments)
        for command in instruction.commands
        if command.span.start > start
    )
    return cleaned or removed


def _is_cache(path: str, cache: _Cache) -> bool:
    return any(word in path for word in cache.words) or path.rstrip("/*").endswith((".cache", "/root"))


def _edits(
    dockerfile: Dockerfile, instruction: Instruction, call: PackageCommand, cache: _Cache, facts: Facts
) -> list[Edit]:
    if not cache.clean or (call.manager is YARN and context_has(dockerfile, ".yarnrc.yml", facts)):
        return []
    program = call.command.program or ""
    clean = cache.clean.replace("conda", program, 1) if call.manager is CONDA else cache.clean
    edit = appended(dockerfile, instruction, call.command, clean)
    return [edit] if edit else []
