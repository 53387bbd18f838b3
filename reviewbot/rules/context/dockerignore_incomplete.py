"""An ignore file that lets through what should stay out."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context.copies import folder_copies, shipped_instructions
from reviewbot.context.unwanted import Context, brought_in, ignore_lines
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

    The patterns count as BuildKit reads them: the last one that matches decides, `!` lets in again, and
    `<Dockerfile>.dockerignore` takes the place of `.dockerignore`.

    Fine where the build itself needs them: a version read from git, a `.env` that is copied by name, a folder of
    packages where nothing in the image installs them.

    Bad:
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY . /app  # <- finding
        RUN npm ci
        --- package.json
        {}
        --- .env.example
        PORT=80
        --- .dockerignore
        .git
    Good:
        --- .dockerignore
        .git
        **/node_modules
        **/.env
        **/.env.*
        !**/.env.example
    Bad (what the commit holds is for you to decide):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY . /app  # <- finding
        RUN npm rebuild
        --- .dockerignore
        .git
        --- package.json
        {}
        --- node_modules/left-pad/index.js
        module.exports = 1
    Also good (somebody wants it):
        --- Dockerfile
        FROM rust:1.79.0-slim
        COPY . /app
        RUN cargo build --release
        --- .dockerignore
        *
        !.git
        !src
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
    Also good (nobody here keeps settings in `.env`, and the packages are copied on purpose):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY . /app
        CMD ["node", "/app/server.js"]
        --- package.json
        {}
        --- .dockerignore
        .git
    Also good (settings without a secret, which the commit holds):
        --- Dockerfile
        FROM php:8.3-apache
        COPY . /app
        --- .dockerignore
        .git
        --- .env
        DEBUG=1
    Also good (a folder of the commit's own by that name):
        --- Dockerfile
        FROM mcr.microsoft.com/dotnet/sdk:8.0
        COPY . /src
        RUN dotnet publish
        --- app.csproj
        <Project/>
        --- bin/release.sh
        dotnet publish
        --- .dockerignore
        .git
        **/obj
    """
    context = Context(dockerfile, facts)
    ignore = context.ignore
    if ignore is None:
        return
    told: set[str] = set()
    for instruction, folder in folder_copies(dockerfile):
        unwanted = [each for each in context.unwanted(folder) if each.name not in told]
        grave = [each for each in unwanted if each.matters]
        if not grave:
            continue
        told.update(each.name for each in unwanted)
        ships = instruction in shipped_instructions(dockerfile)
        lines = ignore_lines(grave)
        yield Problem(
            at=instruction.span,
            message=f"{code(ignore.path)} does not keep out " + ", ".join(each.measured for each in grave),
            subject=" ".join(sorted(each.name for each in grave)),
            why=f"{brought_in(unwanted, ships=ships)} {context.described()}",
            advice=f"Add to {code(ignore.path)}: " + ", ".join(map(code, lines)) + ".",
            edits=[] if any(each.files for each in grave) else [_append(ignore, lines)],
            severity=None if ships else Severity.INFO,
        )


def _append(ignore: IgnoreFile, lines: list[str]) -> Edit:
    text = ignore.text
    end = len(text.content)
    newline = text.newline
    lead = "" if not text.content or text.content.endswith("\n") else newline
    return Edit(ignore.path, Span(end, end), lead + "".join(f"{line}{newline}" for line in lines))
