"""No ignore file where a whole folder is copied."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context import folder_copies, ignore_lines, is_known_context, shipped_instructions, unwanted_in
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

    Fine when nothing is copied by the folder, or only folders of sources.

    Bad:
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY . /app  # <- finding
        --- package.json
        {}
    Good:
        --- .dockerignore
        .git
        **/node_modules
        **/.env
        **/.env.*
        !**/.env.example
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
    if facts.ignore_file_for(dockerfile.path) is not None or not is_known_context(dockerfile, facts):
        return
    for instruction, folder in folder_copies(dockerfile):
        unwanted = unwanted_in(dockerfile, folder, facts)
        if folder or not unwanted:
            continue
        path = facts.ignore_paths_for(dockerfile.path)[1]
        ships = instruction in shipped_instructions(dockerfile)
        content = "".join(f"{line}\n" for line in ignore_lines(unwanted))
        yield Problem(
            at=instruction.span,
            message=f"The whole context is copied, and there is no {code(path)}",
            subject="context",
            why="It brings in "
            + "; ".join(f"{code(each.name)}: {each.harm}" for each in unwanted)
            + ("." if ships else ". They stay in this build stage, but they are sent to it and spoil its cache."),
            advice=f"Add {code(path)} with " + ", ".join(code(line) for line in ignore_lines(unwanted)) + ".",
            edits=[] if any(each.tracked for each in unwanted) else [Edit(path, Span(0, 0), content)],
            severity=None if ships else Severity.INFO,
        )
        return
