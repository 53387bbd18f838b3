"""WORKDIR with a relative path."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_folder
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.working_directory import is_relative

_LONGEST = 4096
"""Characters of a path, for Linux."""


@rule(
    "relative-workdir",
    title="Begin a WORKDIR with a slash",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=(
        "DL3000",
        "WorkdirRelativePath",
        "CKV_DOCKER_10",
        "DS-0009",
        "use-absolute-workdir",
        "6b376af8-cfe8-49ab-a08d-f32de23661a4",
    ),
    fixable=True,
)
def relative_workdir(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A relative `WORKDIR` is put behind the one that the base image happens to have. Nobody sees it in this file, and
    another base moves the whole application.

    Fine after an absolute `WORKDIR` of the same file, and for variables and Windows paths.

    Bad:
        FROM debian:12.5-slim
        WORKDIR app  # <- finding
        COPY . .
    Good:
        FROM debian:12.5-slim
        WORKDIR /app
        COPY . .
    Bad (the base has a folder of its own):
        --- Dockerfile
        FROM example.org/base:1.2
        WORKDIR "./src"  # <- finding
        --- image example.org/base:1.2
        working_dir: /opt/app
    Good:
        --- Dockerfile
        FROM example.org/base:1.2
        WORKDIR "/opt/app/src"
    Also good (after an absolute one):
        FROM debian:12.5-slim AS base
        WORKDIR /app
        FROM base
        WORKDIR client
        WORKDIR ../server
    Also good (what it is shows in the build):
        FROM debian:12.5-slim
        ARG HOME_FOLDER
        WORKDIR $HOME_FOLDER
        WORKDIR ${HOME_FOLDER}/src
    Also good (Windows):
        # escape=`
        FROM mcr.microsoft.com/windows/servercore:ltsc2022
        WORKDIR C:\app
        WORKDIR app
        FROM example.org/node-windows:8
        WORKDIR app
    Also good (a template):
        FROM debian:12.5-slim
        WORKDIR {{ app_folder }}
    """
    ends: dict[int, _Folder] = {}
    for stage in dockerfile.stages:
        parent = ends.get(stage.parent.index) if stage.parent else None
        folder = parent or _Folder(base_folder(dockerfile, stage, facts), is_anchored=False)
        is_windows = dockerfile.is_windows(stage)
        for instruction in stage.all("WORKDIR"):
            word = instruction.words[0]
            value = dockerfile.expand(word.value, instruction)
            if is_relative(word.value) and (value is None or is_relative(value)):
                if not folder.is_anchored and not is_windows:
                    yield _problem(dockerfile, stage, instruction, folder.path)
                path = posixpath.normpath(posixpath.join(folder.path, value)) if folder.path and value else None
                folder = _Folder(path if path and len(path) < _LONGEST else None, folder.is_anchored)
            else:
                folder = _Folder(value, is_anchored=True)
        ends[stage.index] = folder


class _Folder(Struct, frozen=True):
    """Where relative paths start; ``path`` is None where nobody knows, ``is_anchored`` says that this file chose it."""

    path: str | None
    is_anchored: bool


def _problem(dockerfile: Dockerfile, stage: Stage, instruction: Instruction, folder: str | None) -> Problem:
    word = instruction.words[0]
    absolute = posixpath.normpath(posixpath.join(folder, word.value)) if folder is not None else None
    written = word.raw.replace(word.value, absolute) if absolute and "$" not in word.value else None
    return Problem(
        at=instruction.arguments,
        message=f"{code(word.value)} is relative to whatever `WORKDIR` the base image has",
        subject=f"{stage.label} {word.value}",
        why=f"With this base it is {code(absolute)}; with another one it may be somewhere else."
        if absolute
        else "No `WORKDIR` of this file says where it lies.",
        advice="Begin it with a slash.",
        edits=[Edit(dockerfile.path, word.span, written)] if written else [],
    )
