"""An ignore file that lets through what should stay out."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context import folder_copies, ignore_lines, shipped_instructions, unwanted_in
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.ignore import IgnoreFile
from reviewbot.source.text import Span


@rule(
    "dockerignore-incomplete",
    title="Let the ignore file keep out what must not be copied",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    fixable=True,
)
def dockerignore_incomplete(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The ignore file in force does not keep out the history in `.git`, the author's `node_modules` or a local
    `.env`, and a folder that may hold them is copied into the image.

    Fine where the build itself needs them: a version read from git, a `.env` that is copied by name.

    Bad:
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY . /app  # <- finding
        --- package.json
        {}
        --- .dockerignore
        .git
    Good:
        --- .dockerignore
        .git
        **/node_modules
        **/.env
        **/.env.*
        !**/.env.example
    Also good (all is left out, and what is needed is let in):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY . /app
        --- .dockerignore
        *
        !src
    Also good (the build asks git for the version):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY . /app
        RUN git describe --tags > /version
        --- .dockerignore
        .env*
    """
    ignore = facts.ignore_file_for(dockerfile.path)
    if ignore is None:
        return
    told: set[str] = set()
    for instruction, folder in folder_copies(dockerfile):
        unwanted = [each for each in unwanted_in(dockerfile, folder, facts) if each.name not in told]
        if not unwanted:
            continue
        told.update(each.name for each in unwanted)
        ships = instruction in shipped_instructions(dockerfile)
        names = ", ".join(code(each.name) for each in unwanted)
        yield Problem(
            at=instruction.span,
            message=f"{code(ignore.path)} does not keep out {names}",
            subject=" ".join(sorted(each.name for each in unwanted)),
            why="The copy brings in "
            + "; ".join(f"{code(each.name)}: {each.harm}" for each in unwanted)
            + ("." if ships else ". They stay in this build stage, but they are sent to it and spoil its cache."),
            advice=f"Add to {code(ignore.path)}: " + ", ".join(code(line) for line in ignore_lines(unwanted)) + ".",
            edits=[] if any(each.tracked for each in unwanted) else [_append(ignore, ignore_lines(unwanted))],
            severity=None if ships else Severity.INFO,
        )


def _append(ignore: IgnoreFile, lines: list[str]) -> Edit:
    text = ignore.text
    end = len(text.content)
    newline = text.newline
    lead = "" if not text.content or text.content.endswith("\n") else newline
    return Edit(ignore.path, Span(end, end), lead + "".join(f"{line}{newline}" for line in lines))
