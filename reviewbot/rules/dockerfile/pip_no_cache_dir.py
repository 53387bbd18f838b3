"""pip's cache that stays in a layer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.clean_up import removes
from reviewbot.rules.measured import evidence_of, left_behind
from reviewbot.rules.options_in_variables import package_commands
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import with_flag
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.mounts import has_cache_mount, is_mounted
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import PIP, Action

_VARIABLE = "PIP_NO_CACHE_DIR"
_KEEPING_NOTHING = ("--no-cache-dir", "--no-cache", "--cache-dir", "--no-index", "--dry-run", "--help", "--root")
_CONFIGURED = re.compile(r"no[-_]cache[-_]dir['\"]?\s*(?:=\s*)?['\"]?(?:true|1|yes|on|false|0|off)", re.IGNORECASE)
_CACHE = re.compile(r"(?:/root|~|\$\{?HOME\}?|/home/[^/]+)/\.cache(?:/pip)?(?:/.*)?\Z|/root/?\Z|.*\.cache/\*\Z")


@rule(
    "pip-no-cache-dir",
    title="Install with pip install --no-cache-dir",
    category=Category.SIZE,
    severity=Severity.INFO,
    aliases=(
        "DL3042",
        "missing-pip-no-cache-dir",
        "f2f903fb-b977-461e-98d7-b3e2185c6118",
    ),
    fixable=True,
)
def pip_no_cache_dir(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""pip keeps what it downloads and builds below `~/.cache/pip` for the next time. In an image there is no next time: the
    wheels are there twice.

    Fine with a cache mount, where `PIP_NO_CACHE_DIR` is set, and in builder stages, which do not ship.

    Bad:
        FROM python:3.12.2-slim
        RUN pip install --upgrade pip && python3 -m pip --quiet install -r requirements.txt  # <- finding
    Good:
        FROM python:3.12.2-slim
        RUN pip install --no-cache-dir --upgrade pip && python3 -m pip --quiet install --no-cache-dir -r requirements.txt
    Also good (a cache mount, or the cache removed):
        FROM python:3.12.2-slim
        RUN --mount=type=cache,target=/root/.cache pip install flask
        RUN --mount=type=cache,id=pip,target=/cache pip3 install --cache-dir /cache flask
        RUN pip install flask && rm -rf ~/.cache/pip
        RUN pip install flask && pip cache purge
    Also good (the variable is set, in a stage that this one is built from):
        FROM python:3.12.2-slim AS base
        ENV PYTHONUNBUFFERED=1 \
            PIP_NO_CACHE_DIR=off
        FROM base
        RUN pip install flask
    Also good (set for the command, or by configuration):
        FROM python:3.12.2-slim
        RUN PIP_NO_CACHE_DIR=1 pip install flask
        RUN export PIP_NO_CACHE_DIR=1 && pip install flask
        RUN pip config set global.no-cache-dir true
        RUN pip install flask
    Also good (the base image sets it):
        --- Dockerfile
        FROM registry.example.org/python:3.12
        RUN pip install flask
        --- image registry.example.org/python:3.12
        env: [[PIP_NO_CACHE_DIR, "1"]]
    Also good (from a folder of wheels: there is nothing to cache):
        FROM python:3.12.2-slim
        RUN pip install --no-index --find-links=/wheels -r requirements.txt
    Also good (other tools; a stage that does not ship):
        FROM python:3.12.2-slim AS build
        RUN pip install build
        FROM python:3.12.2-slim
        RUN uv pip install flask && pipx install poetry && pip download flask && pip --version
        RUN echo pip install flask
    """
    left = left_behind(dockerfile, facts, "pip-cache")
    for stage in dockerfile.shipped_stages:
        set_from = _set_from(dockerfile, stage, facts)
        for instruction in stage.all("RUN"):
            if instruction.span.start >= set_from:
                break
            calls = [call for call in package_commands(dockerfile, instruction) if _keeps_cache(call)]
            if not calls or _is_kept_out(instruction, calls[-1]) or _is_exported(instruction):
                continue
            size = left.by(instruction)
            if size == 0:
                continue
            yield Problem(
                at=calls[0].command.span,
                message=f"{code(calls[0].name)} without `--no-cache-dir` leaves its downloads in the image",
                subject=f"{stage.label} {calls[0].identity}",
                why="What is installed is then in the layer twice: once unpacked, once as a wheel that nothing will use.",
                evidence=evidence_of(size),
                edits=[with_flag(dockerfile, call, "--no-cache-dir") for call in calls],
            )


def _keeps_cache(call: PackageCommand) -> bool:
    if call.manager is not PIP or call.action is not Action.INSTALL:
        return False
    set_here = any(name == _VARIABLE for name, _, _ in call.command.assignments)
    return not set_here and not call.has(*_KEEPING_NOTHING)


def _is_kept_out(instruction: Instruction, after: PackageCommand) -> bool:
    """Whether the cache is mounted, or removed by the same RUN."""
    if has_cache_mount(instruction, "pip", ".cache") or is_mounted(instruction, "/root/.cache/pip"):
        return True
    start = after.command.span.start
    purged = any(c.manager is PIP and c.verb == "cache purge" for c in instruction.package_commands)
    return purged or any(removes(c, _CACHE) for c in instruction.commands if c.span.start > start)


def _is_exported(run: Instruction) -> bool:
    exported = (word.value for c in run.commands if c.program == "export" for word in c.arguments)
    return any(value.startswith(f"{_VARIABLE}=") for value in exported)


def _set_from(dockerfile: Dockerfile, stage: Stage, facts: Facts) -> float:
    """The offset from which the variable is in the environment of a stage, or a configuration says the same; infinity
    where nothing does."""
    config = facts.image(dockerfile.base_image(stage) or "")
    if config is not None and any(name == _VARIABLE for name, _ in config.env):
        return 0
    setting = (i for each in stage.lineage for i in each.instructions if _sets(dockerfile, i, is_own=each is stage))
    first = next(setting, None)
    return first.span.end if first is not None else math.inf


def _sets(dockerfile: Dockerfile, instruction: Instruction, *, is_own: bool) -> bool:
    """Whether an instruction does so for what follows: an ARG for its own stage alone."""
    if instruction.keyword == "ENV" or (instruction.keyword == "ARG" and is_own):
        return any(a.name == _VARIABLE and a.value for a in instruction.assignments)
    return instruction.keyword in ("RUN", "COPY") and bool(_CONFIGURED.search(_written(dockerfile, instruction)))


def _written(dockerfile: Dockerfile, instruction: Instruction) -> str:
    """The text of an instruction that speaks of pip's configuration."""
    text = dockerfile.text[instruction.span]
    return text if "config" in text or "pip.conf" in text else ""
