"""Owners and modes that are changed in a layer after the one that copied."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_folder
from reviewbot.rules.copied_files import Copied, copied_by
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command, ShellWord
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.text import Span
from reviewbot.source.working_directory import working_directory

_NOTICEABLE = 500_000
"""Bytes below which a copy is not worth a word."""
_OWNER = re.compile(r"[A-Za-z0-9_][\w.-]*(?::[A-Za-z0-9_][\w.-]*)?\Z")
_MODE = re.compile(r"0?[0-7]{3}\Z")
_FILE_NAME = re.compile(r"(?:^|/)[^/]*\w\.\w{1,8}$|(?:^|/)(?:Gemfile|Pipfile|Makefile|Procfile|go\.(?:mod|sum))$")
_OF_THE_SYSTEM = re.compile(r"/(?:bin|boot|etc|home|lib\d*|root|run|sbin|tmp|usr|var)?(?:/|\Z)")


@rule(
    "chown-after-copy",
    title="Copy with the owner and mode that are meant: COPY --chown, --chmod",
    category=Category.SIZE,
    severity=Severity.WARNING,
    fixable=True,
)
def chown_after_copy(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A layer holds whole files. `chown -R` or `chmod -R` in a step of its own writes every file that an earlier layer
    brought a second time: the image grows by all of it. `COPY --chown` and `--chmod` set both while they copy.

    Fine for what the same step makes, for single files, and in builder stages, which do not ship.

    Bad:
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        RUN chown -R node:node /app  # <- finding
        USER node
    Good:
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY --chown=node:node . .
        RUN chown node:node /app
        USER node
    Bad:
        FROM debian:12.5-slim
        COPY --from=build /out/ /srv/app/
        RUN chmod -R 755 /srv/app  # <- finding
    Good:
        FROM debian:12.5-slim
        COPY --from=build --chmod=755 /out/ /srv/app/
        RUN chmod 755 /srv/app
    Bad (other steps wrote there as well, or the change is a relative one: only advice):
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        RUN npm ci && npm run build
        RUN chown -R node /app && chmod -R g+rwX /app  # <- finding
    Also good:
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY package.json package-lock.json ./
        COPY entrypoint.sh /
        RUN npm ci && mkdir data && chown -R node /app/data && chmod +x /entrypoint.sh
        RUN chown -R node /var/cache/other && chown node /app
    Also good (a few small files, and configuration):
        --- Dockerfile
        FROM alpine:3.20
        COPY conf /srv/conf
        COPY --from=build /out/conf/ /etc/app/
        RUN chown -R app /srv/conf /etc/app
        --- conf/a.ini
        [a]
        --- conf/b.ini
        [b]
    Also good (this stage does not ship):
        FROM node:20.11.1-slim AS build
        COPY . /app
        RUN chown -R node /app
        FROM node:20.11.1-slim
        COPY --from=build /app/dist /app
    """
    runs = [run for stage in dockerfile.shipped_stages for run in stage.all("RUN")]
    if not any(_is_recursive(command) for run in runs for command in run.commands):
        return
    copied: list[Copied] = []
    for stage in dockerfile.shipped_stages:
        for instruction in stage.instructions:
            if instruction.keyword in ("COPY", "ADD"):
                copied += [c for c in copied_by(dockerfile, stage, instruction, facts) if _is_bulky(c)]
            elif instruction.keyword == "RUN":
                found = next(_changes(dockerfile, stage, instruction, copied, facts), None)
                if found is None:
                    continue
                command, what, path, affected = found
                yield Problem(
                    at=command.span,
                    message=f"{code(f'{command.program} -R')} stores all below {code(path)} a second time",
                    subject=f"{stage.label} {command.program} {path}",
                    why=f"Line {affected[0].instruction.line} copied it into a layer; this one holds every file again.",
                    advice=f"Set it while copying: `COPY --{command.program.replace('chgrp', 'chown') if command.program else ''}"
                    f"={what.value}`.",
                    edits=_edits(dockerfile, stage, instruction, command, what, path, affected),
                )


def _is_bulky(item: Copied) -> bool:
    """Whether a source is large: by its bytes where they are known, else whether its name is that of more than a file."""
    if item.size is not None:
        return item.size >= _NOTICEABLE
    if item.path.startswith("/etc/"):
        return False
    return item.is_folder or not any(_FILE_NAME.search(word.value) for word in item.instruction.sources)


def _is_recursive(command: Command) -> bool:
    return command.program in ("chown", "chmod") and command.has_flag("-R", "--recursive")


def _changes(
    dockerfile: Dockerfile, stage: Stage, run: Instruction, copied: Sequence[Copied], facts: Facts
) -> Iterator[tuple[Command, ShellWord, str, list[Copied]]]:
    """Recursive changes: the command, the owner or mode, the path, and what was copied below it."""
    base = base_folder(dockerfile, stage, facts)
    folder = working_directory(dockerfile, stage, run.span.start, base)
    for command in filter(_is_recursive, run.commands):
        operands = command.operands
        for word in operands[1:]:
            if "$" in word.value or (not word.value.startswith("/") and folder is None):
                continue
            path = posixpath.normpath(posixpath.join(folder or "/", word.value))
            affected = [c for c in copied if c.path == path or c.path.startswith(f"{path.rstrip('/')}/")]
            if affected and path != "/":
                yield command, operands[0], path, affected


def _edits(
    dockerfile: Dockerfile,
    stage: Stage,
    run: Instruction,
    command: Command,
    what: ShellWord,
    path: str,
    affected: Sequence[Copied],
) -> list[Edit]:
    """The flag for each COPY below the path, and the change of the folder itself without ``-R``.

    Only where nothing but these can have put files there: no RUN in between, no folder of the base image.
    """
    flag = command.program or ""
    known = _OWNER if flag == "chown" else _MODE
    recursive = next((word for word in command.arguments if word.value in ("-R", "--recursive")), None)
    copies = list(dict.fromkeys(id(item.instruction) for item in affected))
    instructions = [item.instruction for item in affected if id(item.instruction) in copies]
    first = min(instruction.span.start for instruction in instructions)
    between = [i for i in stage.instructions if first < i.span.start < run.span.start]
    touching = [i for i in between if i.keyword in ("COPY", "ADD") and i not in instructions]
    if (
        not known.match(what.value)
        or what.raw != what.value
        or recursive is None
        or len(command.operands) != 2
        or len(run.commands) != 1
        or any(i.keyword in ("RUN", "USER", "ONBUILD") for i in between)
        or touching
        or _OF_THE_SYSTEM.match(path)
        or any(i.flag(flag) or i.keyword != "COPY" or i not in stage.instructions for i in instructions)
    ):
        return []
    edits = [
        Edit(dockerfile.path, Span(i.arguments.start, i.arguments.start), f"--{flag}={what.value} ")
        for i in {id(i): i for i in instructions}.values()
    ]
    after = dockerfile.text.content[recursive.span.end]
    end = recursive.span.end + (after == " ")
    return [*edits, Edit(dockerfile.path, Span(recursive.span.start, end), "")]
