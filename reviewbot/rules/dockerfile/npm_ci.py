"""npm install where a lock file is at hand."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.copied_files import CopiedFiles
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import NPM, Action

_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_NOT_FOR_CI = (
    "--save",
    "-S",
    "--save-dev",
    "-D",
    "--no-save",
    "--package-lock-only",
    "--no-package-lock",
    "--no-lockfile",
)
_ELSEWHERE = ("-g", "--global", "--prefix", "-C", "--location", "--workspace", "-w")


@rule(
    "npm-ci",
    title="Install from the lock file with npm ci",
    category=Category.REPRODUCIBILITY,
    severity=Severity.WARNING,
    fixable=True,
)
def npm_ci(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`npm install` may take other versions than the lock file names, and rewrites it where it does not fit
    `package.json`. `npm ci` installs exactly what is locked, ends with an error where the two differ, and is
    faster.

    Fine without a lock file, for tools (`npm install -g`), and for packages that are named.

    Bad:
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package.json package-lock.json ./
        RUN npm install --no-audit --omit=dev  # <- finding
    Good:
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package.json package-lock.json ./
        RUN npm ci --no-audit --omit=dev
    Bad (a pattern, or the whole context, brings it):
        --- Dockerfile
        FROM node:20.11.1-slim AS build
        COPY package*.json ./
        RUN npm --quiet i && npm cache clean --force  # <- finding
        FROM node:20.11.1-slim
        COPY . .
        RUN npm install  # <- finding
        --- package-lock.json
        {}
    Good:
        --- Dockerfile
        FROM node:20.11.1-slim AS build
        COPY package*.json ./
        RUN npm --quiet ci && npm cache clean --force
        FROM node:20.11.1-slim
        COPY . .
        RUN npm ci
    Also good (no lock file, as far as the repository shows):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package*.json ./
        RUN npm install
        --- package.json
        {}
    Also good (the lock file is kept out of the context, or comes only afterwards):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package.json .
        RUN npm install
        COPY . .
        --- .dockerignore
        package-lock.json
        --- package-lock.json
        {}
    Also good (packages that are named; tools; other folders):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package.json package-lock.json ./
        RUN xargs -a tools.txt npm install
        RUN npm install -g npm@10.5.0 && npm install --no-save typescript && npm ci && npm install --prefix /opt/tools
        RUN cd client && npm install
    """
    for stage in dockerfile.stages:
        copied = CopiedFiles(dockerfile, stage, facts)
        for instruction in stage.all("RUN"):
            if any(command.program in ("cd", "pushd") for command in instruction.commands):
                continue
            for call in instruction.package_commands:
                if not _installs_project(call):
                    continue
                lock = next((n for n in _LOCKS if copied.has(n, instruction)), None)
                if lock is None:
                    continue
                yield Problem(
                    at=call.command.span,
                    message=f"{code(call.name)} does not keep to the lock file",
                    subject=f"{stage.label} npm",
                    why=f"{code(lock)} is there; `npm ci` installs exactly what it names, and ends where it does not fit.",
                    advice="Use `npm ci`.",
                    edits=_edits(dockerfile, call),
                )


def _installs_project(call: PackageCommand) -> bool:
    plain = call.manager is NPM and call.action is Action.INSTALL and not call.packages
    return plain and not call.has(*_ELSEWHERE)


def _edits(dockerfile: Dockerfile, call: PackageCommand) -> list[Edit]:
    verb = call.verb_words[0]
    if call.has(*_NOT_FOR_CI) or verb.raw != verb.value:
        return []
    return [Edit(dockerfile.path, verb.span, "ci")]
