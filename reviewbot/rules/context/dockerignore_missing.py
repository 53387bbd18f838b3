"""No ignore file where a whole folder is copied."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context.copies import folder_copies, is_known_context, shipped_instructions
from reviewbot.context.unwanted import Context, brought_in, ignore_lines
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span


@rule(
    "dockerignore-missing",
    title="Keep .git, node_modules and local settings out of the build context",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    fixable=True,
)
def dockerignore_missing(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`COPY .` takes all that lies in the build context. Without a `.dockerignore` that is more than what is
    committed: the history in `.git`, the author's `node_modules`, a local `.env` with real passwords. It makes the
    image larger, lets secrets out with it, and spoils the cache at every commit.

    What belongs into the file is told by the repository: its package managers, what they make anew in the image, whether
    somebody keeps settings in `.env`, and what `.gitignore` says tools leave behind. What the commit itself holds
    is counted, in files and bytes.

    Fine when nothing is copied by the folder, or only folders of sources.

    Bad:
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY . /app  # <- finding
        RUN npm ci
        --- package.json
        {}
    Good:
        --- .dockerignore
        .git
        **/node_modules
        **/.env
        **/.env.*
        !**/.env.example
    Bad (other ecosystems, and what git ignores):
        --- Dockerfile
        FROM rust:1.79.0-slim
        WORKDIR /src
        COPY . .  # <- finding
        RUN cargo build --release && python3 -m venv /venv
        --- Cargo.toml
        [package]
        --- tools/requirements.txt
        click
        --- .gitignore
        /target
        .idea/
        *.log
        secret-notes.txt
    Good:
        --- .dockerignore
        .git
        **/.venv
        target
        **/__pycache__
        **/.env
        **/.env.*
        !**/.env.example
        **/.idea
        **/*.log
    Also good (the Dockerfile has an ignore file of its own):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY . /app
        --- Dockerfile.dockerignore
        *
        !src
    Also good (which folder is the context is not known):
        --- packaging/debian/Dockerfile
        FROM debian:12.5-slim
        ADD . /src
        --- main.c
    Also good (nothing is copied by the folder):
        FROM debian:12.5-slim
        COPY app.conf /etc/app.conf
        COPY --from=builder / /
    """
    context = Context(dockerfile, facts)
    if context.ignore is not None or not is_known_context(dockerfile, facts):
        return
    for instruction, folder in folder_copies(dockerfile):
        unwanted = context.unwanted(folder)
        if folder or not any(each.matters for each in unwanted):
            continue
        path = facts.ignore_paths_for(dockerfile.path)[1]
        ships = instruction in shipped_instructions(dockerfile)
        lines = ignore_lines(unwanted)
        yield Problem(
            at=instruction.span,
            message=f"The whole context is copied, and there is no {code(path)}",
            subject="context",
            why=f"{brought_in(unwanted, ships=ships)} {context.described()}",
            advice=f"Add {code(path)} with " + ", ".join(map(code, lines)) + ".",
            edits=[]
            if any(each.files for each in unwanted)
            else [Edit(path, Span(0, 0), "".join(f"{line}\n" for line in lines))],
            severity=None if ships else Severity.INFO,
        )
        return
