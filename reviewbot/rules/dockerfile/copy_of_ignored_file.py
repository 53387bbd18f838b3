"""COPY of what the ignore file keeps out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.context import is_known_context
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Word
from reviewbot.source.ignore import IgnoreFile
from reviewbot.source.text import Span


@rule(
    "copy-of-ignored-file",
    title="Do not copy what the ignore file keeps out",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("CopyIgnoredFile",),
    fixable=True,
)
def copy_of_ignored_file(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """What `.dockerignore` names is not sent to the builder. A `COPY` of it stops the build with `not found`, although the
    file is there for everybody to see. Of a folder whose contents alone are named (`docs/*`), the `COPY` makes an empty one.

    Fine where a later `!` line lets it, or something below it, through.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY dist/app.tar.gz conf/ /srv/  # <- finding
        --- .dockerignore
        dist
        *.md
        --- conf/app.conf
        --- dist/app.tar.gz
    Good:
        --- .dockerignore
        dist
        *.md
        !dist/app.tar.gz
    Bad (a folder, of which nothing is left):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY docs /docs  # <- finding
        --- .dockerignore
        docs/*
        --- docs/index.html
    Good:
        --- .dockerignore
        docs/*
        !docs/**
    Also good (let through; other names; other stages; what is not there anyway):
        --- Dockerfile
        FROM debian:12.5-slim AS build
        COPY dist /dist
        COPY src/*.py /src/
        FROM debian:12.5-slim
        COPY --from=build node_modules /srv/
        COPY node_modules-licenses /srv/
        --- .dockerignore
        dist/*
        !dist/app
        node_modules
        --- dist/app
        --- dist/other
        --- src/a.py
        --- node_modules-licenses
    Also good (the file of this Dockerfile alone counts):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY dist /dist
        --- .dockerignore
        dist
        --- Dockerfile.dockerignore
        .git
        --- dist/app
    """
    ignore = facts.ignore_file_for(dockerfile.path)
    if ignore is None or not is_known_context(dockerfile, facts):
        return
    context = facts.context_of(dockerfile.path)
    files = facts.files_in(context)
    for stage in dockerfile.stages:
        for instruction in stage.all("COPY", "ADD"):
            if instruction.flag("from") is not None:
                continue
            for word in instruction.sources:
                value = dockerfile.expand(word.value, instruction)
                path = posixpath.normpath("/" + value).lstrip("/") if value and "://" not in value else ""
                if not path or any(char in path for char in "*?[\\") or not _is_kept_out(path, files, ignore):
                    continue
                yield _problem(word, path, ignore)


def _problem(word: Word, path: str, ignore: IgnoreFile) -> Problem:
    # A folder may get through by its own name: a line that says that name again then changes nothing of what is in it.
    is_emptied = not ignore.excludes(path)
    exception = f"!{path}/**" if is_emptied else f"!{path}"
    return Problem(
        at=word.span,
        message=f"{'All that is in ' if is_emptied else ''}{code(path)} is kept out of the build by {code(ignore.path)}",
        subject=path,
        why="The builder gets an empty folder, and nothing says so."
        if is_emptied
        else "The builder never gets it, and stops here.",
        advice=f"Let it through with a line {code(exception)} at the end of {code(ignore.path)}.",
        edits=[_at_the_end(ignore, exception)] if not any(char in path for char in " #!") else [],
        severity=Severity.WARNING if is_emptied else None,
    )


def _is_kept_out(path: str, files: dict[str, int], ignore: IgnoreFile) -> bool:
    """Whether a file, or all there is of a folder, is ignored; what does not exist is for another rule."""
    if path in files:
        return ignore.excludes(path)
    below = [name for name in files if name.startswith(f"{path}/")]
    return bool(below) and all(ignore.excludes(name) for name in below)


def _at_the_end(ignore: IgnoreFile, line: str) -> Edit:
    text = ignore.text
    end = len(text.content)
    lead = "" if text.content.endswith("\n") or not text.content else text.newline
    return Edit(ignore.path, Span(end, end), f"{lead}{line}{text.newline}")
