"""Code that the program which runs it may change."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "code-owned-by-runtime-user",
    title="Leave code to root, so that the program cannot change it",
    category=Category.SECURITY,
    severity=Severity.INFO,
    aliases=("aa93e17f-b6db-4162-9334-c70334e7ac28",),
    set=RuleSet.STRICT,
)
def code_owned_by_runtime_user(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """With `COPY --chown=app` the files belong to the user that the program runs as: somebody who finds a way to write files
    replaces the program itself. Owned by root and readable by all it runs just as well; only what the program
    writes to has to be its own.

    Fine for folders with data, uploads and caches.

    Bad:
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY --chown=node:node . .  # <- finding
        USER node
        CMD ["node", "server.js"]
    Good:
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        USER node
        CMD ["node", "server.js"]
    Also good (data; another user; a stage that does not ship):
        FROM node:20.11.1-slim AS build
        COPY --chown=node . .
        USER node
        FROM node:20.11.1-slim
        COPY --chown=node:node uploads/ /app/uploads/
        COPY --chown=root:root . /app
        USER node
    """
    name = _final_user(dockerfile)
    if not name or name in ("root", "0"):
        return
    for stage in dockerfile.shipped_stages:
        for instruction in stage.all("COPY", "ADD"):
            flag = instruction.flag("chown")
            if flag is None or (flag.value or "").split(":")[0] != name:
                continue
            named = " ".join(word.value for word in (*instruction.sources, *instruction.words[-1:])).lower()
            if any(
                word in named for word in ("data", "upload", "cache", "log", "tmp", "storage", "public", "var/", ".npm")
            ):
                continue
            yield Problem(
                at=flag.span,
                message=f"These files belong to {code(name)}, the user that the program runs as",
                subject=f"{stage.label} {instruction.argument_text}",
                why="The program can change its own code, and so can whoever makes it write a file.",
                advice="Copy without `--chown`, and give the user only what it writes to.",
            )


def _final_user(dockerfile: Dockerfile) -> str:
    user = dockerfile.final_stage.last("USER")
    value = dockerfile.expand(user.words[0].value, user) if user is not None and user.words else None
    return value.strip().split(":")[0] if value else ""
