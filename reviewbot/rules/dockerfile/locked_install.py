"""Installations that may leave the lock file behind."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.copied_files import CopiedFiles
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.run_edits import with_flag
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import (
    BUNDLER,
    CARGO,
    COMPOSER,
    PIPENV,
    PNPM,
    POETRY,
    UV,
    YARN,
)


class _Locking(Struct, frozen=True):
    """A verb that reads a lock file: the file, the flag that makes it keep to it, and what says so as well."""

    lock: str
    flag: str
    kept_by: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


_CARGO = _Locking("Cargo.lock", "--locked", ("--locked", "--frozen", "--offline"), ("CARGO_NET_OFFLINE",))

_LOCKING = {
    (UV.name, "sync"): _Locking("uv.lock", "--locked", ("--locked", "--frozen"), ("UV_FROZEN", "UV_LOCKED")),
    (PIPENV.name, "install"): _Locking("Pipfile.lock", "--deploy", ("--deploy", "--ignore-pipfile")),
    (YARN.name, ""): _Locking(
        "yarn.lock", "--frozen-lockfile", ("--frozen-lockfile", "--immutable", "--pure-lockfile")
    ),
    (PNPM.name, "install"): _Locking(
        "pnpm-lock.yaml", "--frozen-lockfile", ("--frozen-lockfile", "--offline"), ("CI",)
    ),
    (BUNDLER.name, "install"): _Locking(
        "Gemfile.lock", "", ("--deployment", "--frozen"), ("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT")
    ),
    (CARGO.name, "build"): _CARGO,
    (CARGO.name, "install"): _CARGO,
    (CARGO.name, "auditable build"): _CARGO,
}
_SAME = {(YARN.name, "install"): (YARN.name, ""), (PNPM.name, "i"): (PNPM.name, "install"),
         (BUNDLER.name, ""): (BUNDLER.name, "install"), (CARGO.name, "b"): (CARGO.name, "build")}  # fmt: skip
_MOVING = {(COMPOSER.name, "update"): "composer install", (POETRY.name, "update"): "poetry install",
           (BUNDLER.name, "update"): "bundle install", (CARGO.name, "update"): "cargo build --locked"}  # fmt: skip
"""Verbs that take new versions and write a new lock file, and what keeps to it."""


@rule(
    "locked-install",
    title="Keep to the lock file",
    category=Category.REPRODUCIBILITY,
    severity=Severity.WARNING,
    set=RuleSet.STRICT,
    fixable=True,
)
def locked_install(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A lock file that no longer fits the manifest is quietly resolved anew: the image then has versions that nobody
    tested. With the flag that each tool has for it, the build ends instead, and somebody updates the lock file.

    Fine without a lock file, and where the environment says the same (`UV_FROZEN`, `BUNDLE_DEPLOYMENT`).

    Bad:
        FROM python:3.12.2-slim
        COPY pyproject.toml uv.lock ./
        RUN uv sync --no-dev  # <- finding
    Good:
        FROM python:3.12.2-slim
        COPY pyproject.toml uv.lock ./
        RUN uv sync --locked --no-dev
    Bad:
        FROM rust:1.77.0
        COPY Cargo.toml Cargo.lock ./
        RUN cargo build --release  # <- finding
        RUN cargo install ripgrep --version 14.1.0  # <- finding
    Good:
        FROM rust:1.77.0
        COPY Cargo.toml Cargo.lock ./
        RUN cargo build --locked --release
        RUN cargo install --locked ripgrep --version 14.1.0
    Bad:
        FROM node:20.11.1-slim
        COPY package.json yarn.lock ./
        RUN yarn --production  # <- finding
    Good:
        FROM node:20.11.1-slim
        COPY package.json yarn.lock ./
        RUN yarn --frozen-lockfile --production
    Bad (a setting, and a verb that takes new versions: only advice):
        FROM ruby:3.3.0
        COPY Gemfile Gemfile.lock ./
        RUN bundle install  # <- finding
        RUN composer update --no-dev  # <- finding
    Also good:
        FROM ruby:3.3.0
        ENV BUNDLE_DEPLOYMENT=1 UV_FROZEN=1
        COPY Gemfile Gemfile.lock uv.lock yarn.lock Cargo.lock ./
        RUN bundle install && uv sync && yarn install --immutable && cargo build --frozen
        RUN bundle config set --local frozen true && composer install && poetry install
    Also good (no lock file, as far as the repository shows):
        FROM node:20.11.1-slim
        COPY package.json ./
        RUN yarn install && cargo build
    Also good (the setting was made before):
        FROM ruby:3.3.0
        COPY Gemfile Gemfile.lock ./
        RUN bundle config set --global deployment true
        RUN bundle install
    """
    for stage in dockerfile.stages:
        copied = CopiedFiles(dockerfile, stage, facts)
        for instruction in stage.all("RUN"):
            for call in instruction.package_commands:
                key = (call.manager.name, call.verb)
                kept = _MOVING.get(key)
                locking = _LOCKING.get(_SAME.get(key, key))
                if kept is not None:
                    yield _problem(stage, call, f"Use `{kept}`, and update the lock file outside the build.", None)
                elif locking is not None and not call.has(*locking.kept_by):
                    always = call.name == "cargo install" and not call.has("--path")
                    if not always and not copied.has(locking.lock, instruction):
                        continue
                    if _is_set(dockerfile, stage, instruction, call, locking):
                        continue
                    edit = with_flag(dockerfile, call, locking.flag) if locking.flag else None
                    advice = "Set `BUNDLE_DEPLOYMENT=1`, or `bundle config set --local frozen true`, before it."
                    yield _problem(stage, call, advice, edit)


def _problem(stage: Stage, call: PackageCommand, advice: str, edit: Edit | None) -> Problem:
    return Problem(
        at=call.command.span,
        message=f"{code(call.name)} may take other versions than the lock file names",
        subject=f"{stage.label} {call.identity}",
        why="What is built then depends on the day, and not on what was tested.",
        advice=advice,
        edits=[edit] if edit else [],
    )


def _is_set(dockerfile: Dockerfile, stage: Stage, before: Instruction, call: PackageCommand, locking: _Locking) -> bool:
    """Whether the environment, or a setting made before, says that the lock file is kept to."""
    names = {name for name, _, _ in call.command.assignments}
    written = []
    for each in stage.lineage:
        for instruction in each.instructions:
            if instruction.span.start <= before.span.start:
                names |= {a.name for a in instruction.assignments if instruction.keyword in ("ENV", "ARG") and a.value}
                if instruction.keyword == "RUN":
                    written.append(dockerfile.text[instruction.span])
    config = " ".join(written)
    bundled = call.manager is BUNDLER and "bundle config" in config and ("frozen" in config or "deployment" in config)
    return bool(names.intersection(locking.variables)) or bundled
