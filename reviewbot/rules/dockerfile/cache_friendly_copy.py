"""Sources copied before the dependencies are installed."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.context.copies import folder_copies
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.text import Span


class _Install(Struct, frozen=True):
    """An installation of dependencies: what it is called, and the files of the context it reads.

    ``manifests`` is empty where it reads more than a fixed list: then there is only advice.
    """

    name: str
    manifests: tuple[str, ...]
    example: str


_NODE = ("package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", ".npmrc", ".yarnrc")


@rule(
    "cache-friendly-copy",
    title="Install dependencies before the sources are copied",
    category=Category.CACHE,
    severity=Severity.WARNING,
    fixable=True,
)
def cache_friendly_copy(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A layer is built anew when anything copied before it has changed. With all sources copied first, every changed line of
    code downloads and installs every dependency again. Copy the manifests, install, then copy the sources.

    Fine when the installation needs the sources: local packages, `pip install .`, install scripts.

    Bad:
        --- Dockerfile
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY --chown=node:node . .  # <- finding
        RUN npm ci --omit=dev
        --- package.json
        {"name": "app"}
        --- package-lock.json
        {}
    Good:
        --- Dockerfile
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY --chown=node:node package.json package-lock.json ./
        RUN npm ci --omit=dev
        COPY --chown=node:node . .
    Bad:
        --- Dockerfile
        FROM python:3.12.2-slim
        COPY . /app  # <- finding
        WORKDIR /app
        RUN pip install --no-cache-dir -r requirements/prod.txt
        CMD ["python", "app.py"]
        --- requirements/prod.txt
        flask==3.0.2
    Good:
        --- Dockerfile
        FROM python:3.12.2-slim
        COPY requirements/prod.txt /app/requirements/
        WORKDIR /app
        RUN pip install --no-cache-dir -r requirements/prod.txt
        COPY . /app
        CMD ["python", "app.py"]
    Bad:
        --- Dockerfile
        FROM golang:1.22.1 AS build
        COPY . .  # <- finding
        RUN go mod download
        RUN go build -o /app .
        --- go.mod
        module example.org/app
        --- go.sum
    Good:
        --- Dockerfile
        FROM golang:1.22.1 AS build
        COPY go.mod go.sum ./
        RUN go mod download
        COPY . .
        RUN go build -o /app .
    Also good (the manifests come first):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package.json package-lock.json ./
        RUN npm ci
        COPY . .
        RUN npm run build && npm prune --omit=dev
        --- package.json
        {}
    Also good (the installation is of the sources themselves):
        FROM python:3.12.2-slim
        COPY . /app
        RUN pip install /app
    Also good (a tool, not the project's dependencies):
        FROM node:20.11.1-slim
        COPY . .
        RUN npm install -g serve
    """
    copies = {instruction.span: instruction for instruction, folder in folder_copies(dockerfile) if not folder}
    for stage in dockerfile.stages:
        installed: set[str] = set()
        source: Instruction | None = None
        for instruction in stage.instructions:
            if instruction.span in copies:
                source = source or instruction
            elif instruction.keyword == "RUN":
                install = _install_in(instruction)
                if install is None:
                    continue
                if source is not None and install.name not in installed:
                    yield _problem(dockerfile, stage, source, instruction, install, facts)
                    break
                installed.add(install.name)


def _problem(
    dockerfile: Dockerfile, stage: Stage, copy: Instruction, run: Instruction, install: _Install, facts: Facts
) -> Problem:
    return Problem(
        at=copy.span,
        message=f"All sources are copied before {code(install.name)}: every change of the code installs everything again",
        subject=f"{stage.label} {install.name.partition(' ')[0]}",  # not the verb: `npm ci` is as good a reason
        why=f"The layer of {code(install.name)} is cached only as long as nothing of what this copies has changed.",
        advice=f"Copy what the installation reads ({install.example}), install, and copy the sources after it.",
        evidence=_measured(dockerfile, run, facts),
        edits=_edits(dockerfile, stage, copy, run, install, facts),
    )


def _measured(dockerfile: Dockerfile, run: Instruction, facts: Facts) -> str | None:
    """How long the installation took when the image was built again after a change of one file, where that was tried."""
    for report in facts.reports:
        if report.spec.dockerfile == dockerfile.path and report.rebuild is not None:
            seconds = sum(step.seconds for step in report.rebuild.ran if step.line == run.line)
            if seconds >= 0.1:
                return f"after a change of {code(report.rebuild.path)} it ran again for {seconds:.1f} s"
    return None


def _install_in(run: Instruction) -> _Install | None:
    commands = run.commands
    return next((install for command in commands if (install := _install(command))), None)


_INSTALLERS = frozenset({"bundle", "composer", "go", "npm", "pip", "pip3", "pnpm", "poetry", "uv", "yarn"})


def _install(command: Command) -> _Install | None:
    """The installation of a project's declared dependencies that a command is."""
    if command.program not in _INSTALLERS:
        return None
    program, verb = command.program, command.subcommand or ""
    named = command.operands[1:]
    if command.has_flag("-g", "--global", "--help", "--version"):
        return None
    match program, verb:
        case ("npm", "ci") | ("npm", "install" | "i" | "clean-install") | ("yarn" | "pnpm", "install" | "i" | "") if (
            not named
        ):
            return _Install(f"{program} {verb}".strip(), _NODE, "`package.json` and its lock file")
        case ("pip" | "pip3", "install") if command.has_flag("-r", "--requirement"):
            files = tuple(w.value for w in named if w.is_literal)
            whole = len(named) == 1 and not command.has_flag("-e", "--editable", "-c", "--constraint")
            return _Install("pip install", files if whole else (), "the requirements files")
        case ("go", "mod") if [w.value for w in named] == ["download"]:
            return _Install("go mod download", ("go.mod", "go.sum"), "`go.mod` and `go.sum`")
        case ("bundle", "install"):
            return _Install("bundle install", ("Gemfile", "Gemfile.lock"), "`Gemfile` and `Gemfile.lock`")
        case ("composer", "install"):
            return _Install(
                "composer install", (), "`composer.json` and `composer.lock`, with `--no-scripts --no-autoloader`"
            )
        case ("poetry", "install") if command.has_flag("--no-root"):
            return _Install("poetry install", ("pyproject.toml", "poetry.lock"), "`pyproject.toml` and `poetry.lock`")
        case ("uv", "sync") if command.has_flag("--no-install-project"):
            return _Install("uv sync", ("pyproject.toml", "uv.lock"), "`pyproject.toml` and `uv.lock`")
        case _:
            return None


def _edits(
    dockerfile: Dockerfile, stage: Stage, copy: Instruction, run: Instruction, install: _Install, facts: Facts
) -> list[Edit]:
    """The manifests copied in place of the sources, and the sources copied after the installation."""
    if copy.is_json or copy.heredocs or run.heredocs or len(copy.sources) != 1 or copy.destination is None:
        return []
    between = [i for i in stage.instructions if copy.span.start < i.span.start < run.span.start]
    commands = run.commands
    if any(i.keyword not in ("WORKDIR", "ENV", "ARG", "LABEL", "USER") for i in between):
        return []
    relative = not copy.destination.value.startswith("/")
    if any(_install(command) is None for command in commands) or (
        relative and any(i.keyword == "WORKDIR" for i in between)
    ):
        return []
    manifests = _manifests(dockerfile, install, facts)
    folders = {posixpath.dirname(path) for path in manifests}
    if not manifests or len(folders) != 1 or not _reads_only(manifests, dockerfile, facts):
        return []
    target = posixpath.join(copy.destination.raw.rstrip("/") or "/", folders.pop(), "")
    target = "./" if target == "./" else target
    text = dockerfile.text
    flags = text[Span(copy.keyword_span.end, copy.arguments.start)]
    first = f"{text[copy.keyword_span]}{flags}{' '.join(manifests)} {target}"
    again = f"{text.newline}{text[copy.span]}"
    return [
        Edit(dockerfile.path, copy.span, first),
        Edit(dockerfile.path, Span(run.span.end, run.span.end), again),
    ]


def _manifests(dockerfile: Dockerfile, install: _Install, facts: Facts) -> list[str]:
    """Those of the files the installation reads that the context has."""
    present = facts.files_in(facts.context_of(dockerfile.path))
    ignore = facts.ignore_file_for(dockerfile.path)
    found = [path for path in install.manifests if path in present and not (ignore and ignore.excludes(path))]
    plain = all(" " not in path and "$" not in path and "*" not in path for path in found)
    named = install.manifests if install.name == "pip install" else install.manifests[:1]
    return found if plain and set(named) <= set(found) else []


def _reads_only(manifests: list[str], dockerfile: Dockerfile, facts: Facts) -> bool:
    """Whether the manifests point at nothing else in the context that the installation would need."""
    context = facts.context_of(dockerfile.path)
    for path in manifests:
        text = facts.tree.read(posixpath.join(context, path))
        if text is None:
            return False
        match posixpath.basename(path):
            case "package.json" if not _is_plain_package(text.content):
                return False
            case "Gemfile" if (
                "path:" in text.content or "eval_gemfile" in text.content or ".ruby-version" in text.content
            ):
                return False
            case "go.mod" if "=> ./" in text.content or "=> ../" in text.content:
                return False
            case name if name.endswith(".txt") and any(_points_elsewhere(line) for line in text.content.splitlines()):
                return False
    return True


def _is_plain_package(content: str) -> bool:
    try:
        package = json.loads(content)
    except (ValueError, RecursionError):
        return False
    if not isinstance(package, dict) or package.get("workspaces") or package.get("patchedDependencies"):
        return False
    scripts = package.get("scripts")
    hooks = ("preinstall", "install", "postinstall", "prepare", "prepublish")
    if isinstance(scripts, dict) and any(hook in scripts for hook in hooks):
        return False
    wanted = [package.get(kind) for kind in ("dependencies", "devDependencies", "optionalDependencies")]
    versions = [v for group in wanted if isinstance(group, dict) for v in group.values() if isinstance(v, str)]
    return not any(
        version.startswith(("file:", "link:", "workspace:", "portal:", "patch:", ".", "/")) for version in versions
    )


def _points_elsewhere(line: str) -> bool:
    line = line.strip()
    return (
        line.startswith(("-r", "-c", "-e", "--requirement", "--constraint", "--editable", ".", "/", "file:"))
        or "@ file:" in line
    )
