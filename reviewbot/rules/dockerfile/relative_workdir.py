"""WORKDIR with a relative path."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_folder
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.working_directory import is_relative, working_directories, working_directory


@rule(
    "relative-workdir",
    title="Begin a WORKDIR with a slash",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=("DL3000", "WorkdirRelativePath", "CKV_DOCKER_10", "DS-0009", "use-absolute-workdir"),
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
    Also good (a template):
        FROM debian:12.5-slim
        WORKDIR {{ app_folder }}
    """
    for stage in dockerfile.stages:
        if not dockerfile.is_windows(stage):
            yield from _judge(dockerfile, stage, base_folder(dockerfile, stage, facts))


def _judge(dockerfile: Dockerfile, stage: Stage, base: str | None) -> Iterator[Problem]:
    for instruction in stage.all("WORKDIR"):
        word = instruction.words[0]
        value = dockerfile.expand(word.value, instruction)
        if not is_relative(word.value) or (value is not None and not is_relative(value)):
            continue
        before = working_directories(dockerfile, stage, instruction.span.start)
        if any(not is_relative(i.words[0].value) for i in before):
            continue
        folder = working_directory(dockerfile, stage, instruction.span.start, base)
        absolute = posixpath.normpath(posixpath.join(folder, word.value)) if folder is not None else None
        written = word.raw.replace(word.value, absolute) if absolute and "$" not in word.value else None
        yield Problem(
            at=instruction.arguments,
            message=f"{code(word.value)} is relative to whatever `WORKDIR` the base image has",
            subject=f"{stage.label} {word.value}",
            why=f"With this base it is {code(absolute)}; with another one it may be somewhere else."
            if absolute
            else "No `WORKDIR` of this file says where it lies.",
            advice="Begin it with a slash.",
            edits=[Edit(dockerfile.path, word.span, written)] if written else [],
        )
