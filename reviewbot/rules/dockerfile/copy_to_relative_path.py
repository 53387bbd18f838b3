"""COPY to a relative destination where no WORKDIR was set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_folder
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage, Word
from reviewbot.source.text import Span
from reviewbot.source.working_directory import is_relative, working_directories

_SYSTEM_FOLDER = re.compile(
    r"/(?:bin|boot|dev|etc|home|lib|lib32|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)(?:/|\Z)|[^/]"
)
_ABSOLUTE = re.compile(r"(?<![\w./}*-])/[\w.@-]+(?:/|\b)")
_SYSTEM = re.compile(r"(?:\./)?(?:usr/(?:bin|lib|local|sbin|share)|var/(?:lib|log|www))/")


@rule(
    "copy-to-relative-path",
    title="Set WORKDIR before copying to a relative path",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=("DL3045",),
    fixable=True,
    depends_on_facts=True,
)
def copy_to_relative_path(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Without a `WORKDIR` a relative destination lies in the root of the file system, among `bin`, `etc` and `usr`: a folder
    of the sources that has one of these names is merged into it.

    Fine where the base image sets `WORKDIR`, or may do so.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y make && rm -rf /var/lib/apt/lists/*
        COPY . .  # <- finding
        COPY --chown=app:app conf/app.conf conf/  # <- finding
        RUN make > /var/log/make.log
        CMD ["./serve", "http://localhost/status"]
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y make && rm -rf /var/lib/apt/lists/*
        WORKDIR /app
        COPY . .
        COPY --chown=app:app conf/app.conf conf/
        RUN make > /var/log/make.log
        CMD ["./serve", "http://localhost/status"]
    Bad (a file with a name of its own: the same path, written out):
        FROM debian:12.5-slim
        COPY conf/app.conf conf/  # <- finding
    Good:
        FROM debian:12.5-slim
        COPY conf/app.conf /conf/
    Bad (no fix: something else relies on where it is):
        FROM debian:12.5-slim AS build
        COPY . .  # <- finding
        FROM debian:12.5-slim
        COPY . .  # <- finding
        COPY --from=build out/app /usr/local/bin/
        ENV PATH=$PATH:/node_modules/.bin
        CMD ["./serve"]
    Bad (JSON form):
        FROM debian:12.5-slim
        COPY ["my app", "./app"]  # <- finding
    Good:
        FROM debian:12.5-slim
        COPY ["my app", "/app"]
    Bad (a slash is missing, whatever the base is):
        FROM example.org/base:1.2
        COPY nginx.conf usr/local/nginx/conf/  # <- finding
    Good:
        FROM example.org/base:1.2
        COPY nginx.conf /usr/local/nginx/conf/
    Also good (a stage before set it):
        FROM debian:12.5-slim AS base
        WORKDIR /app
        FROM base
        COPY . .
    Also good (the base image sets it):
        --- Dockerfile
        FROM example.org/base:1.2
        COPY . .
        --- image example.org/base:1.2
        working_dir: /app
    Also good (nobody looked at the base image, or its name says that it sets one):
        FROM example.org/base:1.2
        COPY . .
        FROM golang:1.22.1
        COPY . .
        FROM php:8.3.4-apache
        COPY . .
    Also good (there is nothing beside it):
        FROM debian:12.5-slim AS build
        FROM scratch
        COPY --from=build /out/app app
    Also good (folders of an application may have such names):
        FROM example.org/base:1.2
        COPY lib/ lib/
        COPY bin/run etc/run
    Also good (absolute, or not known here):
        FROM debian:12.5-slim
        ARG TARGET
        COPY a /a
        COPY a ${TARGET}/a
        COPY a $TARGET
    Also good (an image on Windows):
        FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
        COPY app.exe C:/app/
        COPY app.exe app/
    Also good (it runs in the child's build):
        FROM debian:12.5-slim
        ONBUILD COPY . .
    """
    for stage in dockerfile.stages:
        if stage.root.base == "scratch" or dockerfile.is_windows(stage):
            continue
        chosen = next((i.span.start for i in working_directories(stage)), None)
        is_root = base_folder(dockerfile, stage, facts) == "/"
        copies = [i for i in stage.all("COPY", "ADD") if _is_to_workdir(dockerfile, i)]
        folder = _own_folder(dockerfile, stage) if is_root and copies and chosen is None else None
        for instruction in stage.all("COPY", "ADD"):
            word = instruction.destination
            if word is None or (chosen is not None and chosen < instruction.span.start):
                continue
            value = dockerfile.expand(word.value, instruction)
            if value is None or not is_relative(value) or not is_relative(word.value):
                continue
            # Whatever the base's folder is, nobody wants another `usr` in it.
            if not is_root and not _SYSTEM.match(value):
                continue
            yield Problem(
                at=word.span,
                message=f"{code(word.value)} is a path in the root of the file system: no `WORKDIR` is set"
                if is_root
                else f"{code(word.value)} is relative to whatever `WORKDIR` the base image has; a slash is missing",
                subject=f"{stage.label} {instruction.argument_text}",
                why="What is copied lies between the folders of the system."
                if is_root
                else "It looks like a folder of the system, and is one only if the base sets no `WORKDIR`.",
                severity=None if _may_hide_folders(instruction) or not is_root else Severity.INFO,
                confidence=Confidence.HIGH if is_root else Confidence.MEDIUM,
                advice="Set `WORKDIR` to a folder of the application, or write the whole path.",
                edits=[folder] if folder else _edits(dockerfile, word),
            )


def _may_hide_folders(instruction: Instruction) -> bool:
    """Whether what is copied may have names that the system has: anything but single files with names of their own."""
    names = [word.value.rstrip("/").rpartition("/")[2] for word in instruction.sources]
    return not names or any("." not in name.strip(".") for name in names)


def _is_to_workdir(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    word = instruction.destination
    return word is not None and dockerfile.expand(word.value, instruction) in (".", "./")


def _own_folder(dockerfile: Dockerfile, stage: Stage) -> Edit | None:
    """A WORKDIR before the first copy that needs one; None where something relies on the files' being in the root."""
    copies = [i for i in stage.all("COPY", "ADD") if i.destination and is_relative(i.destination.value)]
    first = copies[0]
    before = [i for i in stage.all("RUN") if i.span.start < first.span.start]
    if not all(run.package_commands for run in before) or stage.parent is not None or stage.all("ONBUILD"):
        return None
    for each in dockerfile.stages:
        takes = [
            i for i in each.all("COPY", "ADD") if (flag := i.flag("from")) and _is_of(dockerfile, flag.value, stage)
        ]
        if any(not _SYSTEM_FOLDER.match(f"/{word.value.lstrip('/')}") for i in takes for word in i.sources):
            return None
        if each is not stage and stage not in each.lineage:
            continue
        instructions = [i for i in each.instructions if i.keyword != "FROM" and i not in takes]
        if any(i.destination and i.destination.value == "/" for i in each.all("COPY", "ADD")):
            return None
        if any(not _SYSTEM_FOLDER.match(path) for i in instructions for path in _absolute_paths(i)):
            return None
    at = dockerfile.text.lines_span(first.line, first.line).start
    return Edit(dockerfile.path, Span(at, at), f"WORKDIR /app{dockerfile.text.newline}")


def _is_of(dockerfile: Dockerfile, name: str | None, stage: Stage) -> bool:
    return name is not None and dockerfile.stage_named(name) is stage


def _absolute_paths(instruction: Instruction) -> list[str]:
    """What looks like an absolute path in an instruction; sources of a copy are relative to the context, however written."""
    if instruction.keyword in ("COPY", "ADD"):
        return [instruction.destination.value] if instruction.destination else []
    text = " ".join((instruction.argument_text, *(heredoc.content for heredoc in instruction.heredocs)))
    return _ABSOLUTE.findall(text)


def _edits(dockerfile: Dockerfile, word: Word) -> list[Edit]:
    """A slash in front; the path stays the same one."""
    at = word.span.start + (1 if word.raw[:1] in "\"'" else 0)
    if dockerfile.text[Span(at, at + 1)] != word.value[:1] or ".." in word.value:
        return []
    if word.value in (".", "./"):
        return []
    dropped = 2 if word.value.startswith("./") else 0
    return [Edit(dockerfile.path, Span(at, at + dropped), "/")]
