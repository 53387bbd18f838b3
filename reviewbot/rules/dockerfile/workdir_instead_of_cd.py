"""cd where WORKDIR is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.text import Span

_LEAVES_WORKDIR_ALONE = frozenset({"ARG", "ENV", "EXPOSE", "LABEL", "SHELL", "STOPSIGNAL", "USER"})
_TEMPORARY = re.compile(r"/(?:var/)?tmp(?:/|\Z)")
_AND = re.compile(r"\s*&&\s*")


@rule(
    "workdir-instead-of-cd",
    title="Change the folder with WORKDIR where it is to stay changed",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=(
        "DL3003",
        "DS-0013",
        "use-workdir",
        "f4a6bcd3-e231-4acf-993c-aa027be50d2e",
    ),
    fixable=True,
)
def workdir_instead_of_cd(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Each `RUN` starts in the folder that `WORKDIR` names. A `cd` at the end of one does nothing for the next instruction;
    and where several begin with the same `cd`, `WORKDIR` says it once, for people and for `COPY` too.

    Fine: `cd` within one `RUN`, into a folder of sources that is built and removed, in a subshell, or back again.

    Bad (nothing comes of it):
        FROM debian:12.5-slim
        RUN cd /opt/app  # <- finding
        RUN make && cd build  # <- finding
    Bad (the same folder again and again):
        FROM node:20.11.1-slim AS build
        COPY . /src
        RUN cd /src && npm ci  # <- finding
        ENV NODE_ENV=production
        RUN cd /src && \
            npm run build
        FROM nginx:1.27.0
        COPY --from=build /src/dist /usr/share/nginx/html
    Good:
        FROM node:20.11.1-slim AS build
        COPY . /src
        WORKDIR /src
        RUN npm ci
        ENV NODE_ENV=production
        RUN npm run build
        FROM nginx:1.27.0
        COPY --from=build /src/dist /usr/share/nginx/html
    Bad (what comes after them starts elsewhere):
        FROM node:20.11.1-slim
        COPY . /src
        RUN cd /src && npm ci  # <- finding
        RUN cd /src && npm run build
        CMD ["node", "src/server.js"]
    Bad (once is enough, where the sources are):
        FROM python:3.12.4-slim
        COPY . /app/
        RUN cd /app && pip install .  # <- finding
        WORKDIR /app
    Good:
        FROM python:3.12.4-slim
        COPY . /app/
        WORKDIR /app
        RUN pip install .
        WORKDIR /app
    Also good (it stays within one step):
        FROM debian:12.5-slim
        RUN curl -fsSLO https://example.org/x.tar.gz && tar xzf x.tar.gz && cd x && make install && cd .. && rm -r x
        RUN (cd /srv && ls) && cd /tmp && make
        RUN cd /usr/src/x && make
    Also good (a user's settings, not where the work is):
        FROM debian:12.5-slim
        COPY keys /root/.ssh
        RUN cd /root/.ssh && chmod 600 *
        WORKDIR /app
    Also good (folders of their own):
        FROM debian:12.5-slim
        RUN cd /usr/src/a && make
        RUN cd /usr/src/b && make
    """
    for stage in dockerfile.stages:
        yield from _without_effect(stage)
        yield from _repeated(dockerfile, stage)


def _without_effect(stage: Stage) -> Iterator[Problem]:
    for run in stage.all("RUN"):
        commands = run.commands
        changes = [c for c in commands if c.program in ("cd", "pushd", "popd")]
        last = commands[-1] if commands else None
        if last is None or last.program != "cd" or last.in_subshell or len(changes) > 1 or not last.operands:
            continue
        folder = last.operands[0]
        yield Problem(
            at=last.span,
            message=f"{code(f'cd {folder.value}')} is forgotten when this `RUN` ends",
            subject=f"{stage.label} {folder.value}",
            why="The next instruction starts in the folder of `WORKDIR` again.",
            advice=f"Write {code(f'WORKDIR {folder.value}')} if what follows is to run there; else leave it out.",
            severity=Severity.WARNING,
        )


class _Entered(Struct, frozen=True):
    """A RUN that begins with ``cd folder &&``; ``prefix`` is all of that."""

    run: Instruction
    folder: str
    prefix: Span


def _repeated(dockerfile: Dockerfile, stage: Stage) -> Iterator[Problem]:
    groups: dict[str, list[_Entered]] = {}
    for run in stage.all("RUN"):
        entered = _entered(run)
        if entered is not None:
            groups.setdefault(entered.folder, []).append(entered)
    for folder, members in groups.items():
        if len(members) < 2 and folder not in _copied_to(stage):
            continue
        first = members[0].run
        line = dockerfile.text.line_span(first.line).start
        keyword = dockerfile.text[first.keyword_span]
        workdir = "workdir" if keyword.islower() else "WORKDIR"
        edits = [
            Edit(dockerfile.path, Span(line, line), f"{workdir} {folder}{dockerfile.text.newline}"),
            *(Edit(dockerfile.path, each.prefix, "") for each in members),
        ]
        yield Problem(
            at=members[0].prefix,
            message=f"{len(members)} `RUN` begin with {code(f'cd {folder}')}"
            if len(members) > 1
            else f"`RUN` begins with {code(f'cd {folder}')}, where the sources were copied to",
            subject=f"{stage.label} {folder}",
            why=f"{code(f'WORKDIR {folder}')} says it once, and fails where the folder cannot be entered.",
            advice=f"Put {code(f'WORKDIR {folder}')} before them.",
            edits=edits if _may_stay(dockerfile, stage, [each.run for each in members]) else [],
        )


def _copied_to(stage: Stage) -> set[str]:
    """The folders that sources are copied to: those where the stage is at work, no settings of a user."""
    destinations = (i.destination for i in stage.all("COPY", "ADD"))
    folders = {destination.value.rstrip("/") for destination in destinations if destination is not None}
    return {folder for folder in folders if "/." not in folder}


def _entered(run: Instruction) -> _Entered | None:
    if run.script is None or run.shell_input is None or run.heredocs or not run.script.commands:
        return None
    source, first = run.shell_input.source, run.script.commands[0]
    if not _is_plain_cd(first) or first.span.start != run.arguments.start:
        return None
    joined = _AND.match(source.text, source.index(first.span.end - 1) + 1)
    folder = first.arguments[0].value
    if joined is None or joined.end() >= len(source.text):
        return None
    following = [c for c in run.script.commands[1:] if c.program in ("cd", "pushd")]
    if following or _TEMPORARY.match(folder) or "OLDPWD" in source.text:
        return None
    return _Entered(run, folder, Span(first.span.start, source.offset(joined.end())))


def _is_plain_cd(command: Command) -> bool:
    if command.program != "cd" or command.wrappers or len(command.arguments) != 1 or command.pipeline >= 0:
        return False
    folder = command.arguments[0]
    return folder.is_literal and re.fullmatch(r"/[\w./@+-]+", folder.value) is not None


def _may_stay(dockerfile: Dockerfile, stage: Stage, runs: list[Instruction]) -> bool:
    """Whether nothing else from the first of them on starts in the folder of before."""
    position = stage.instructions.index(runs[0])
    for instruction in stage.instructions[position:]:
        if instruction in runs or instruction.keyword in _LEAVES_WORKDIR_ALONE:
            continue
        if instruction.keyword == "WORKDIR":
            return instruction.words[0].value.startswith("/") and all(r.line < instruction.line for r in runs)
        if instruction.keyword in ("COPY", "ADD"):
            destination = instruction.destination
            if destination is not None and destination.value.startswith("/"):
                continue
        return False
    return stage is not dockerfile.final_stage and not any(s.parent is stage for s in dockerfile.stages)
