"""Values that change with every build, set above what is slow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.text import Span
from reviewbot.source.variable_reference import references

_CHANGING = re.compile(
    r"(?:^|_)(?:BUILD_?(?:DATE|TIME|TIMESTAMP|NUMBER|ID|NO)|(?:GIT|VCS)_?(?:SHA|REF|COMMIT|HASH|REV|REVISION|BRANCH|DESCRIBE)|"
    r"COMMIT(?:_?(?:SHA|HASH|ID|REF))?|REVISION|SOURCE_COMMIT|CACHE_?BUST(?:ER)?|TIMESTAMP)\Z",
    re.IGNORECASE,
)
_CHEAP = frozenset(
    {"ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "STOPSIGNAL", "USER", "WORKDIR"}
)


@rule(
    "cache-busting-value",
    title="Declare what changes with every build as late as possible",
    category=Category.CACHE,
    severity=Severity.INFO,
    fixable=True,
    set=RuleSet.STRICT,
)
def cache_busting_value(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A `RUN` is built anew when a variable that was declared above it has another value, whether it uses it or not. With the
    commit or the date at the top nothing is ever taken from the cache.

    Fine right before the instruction that uses it, and at the end for a label.

    Bad:
        FROM node:20.11.1-slim
        ARG GIT_SHA  # <- finding
        RUN npm ci
        COPY . .
        LABEL org.opencontainers.image.revision=$GIT_SHA
    Good:
        FROM node:20.11.1-slim
        RUN npm ci
        COPY . .
        ARG GIT_SHA
        LABEL org.opencontainers.image.revision=$GIT_SHA
    Bad (nothing uses it but the environment):
        FROM node:20.11.1-slim
        ARG BUILD_DATE=unknown  # <- finding
        ENV BUILD_DATE=$BUILD_DATE
        RUN npm ci
    Also good:
        FROM node:20.11.1-slim
        RUN npm ci
        ARG GIT_SHA
        RUN go build -ldflags "-X main.commit=$GIT_SHA"
        LABEL revision=$GIT_SHA
    Also good (it is there to bust the cache; nothing slow follows):
        FROM node:20.11.1-slim
        ARG VERSION
        ARG TOOL_COMMIT=72aa6db7943024b48c4d41c1fbc32b57b9fa036e
        RUN make tool
        ARG COMMIT
        COPY . .
        ENV COMMIT=$COMMIT
    """
    for stage in dockerfile.stages:
        for position, instruction in enumerate(stage.instructions):
            if instruction.keyword != "ARG" or len(instruction.assignments) != 1:
                continue
            name = instruction.assignments[0].name
            if re.fullmatch(r"[0-9a-f]{40}", instruction.assignments[0].value or ""):
                continue  # Pinned: it changes when somebody says so.
            later = stage.instructions[position + 1 :]
            user = next((i for i in later if _uses(dockerfile, i, name)), None)
            slow = [i for i in later if i.keyword == "RUN" and (user is None or i.span.start < user.span.start)]
            cheap_user = user is not None and user.keyword in _CHEAP
            after_user = [
                i for i in later if user and cheap_user and i.keyword == "RUN" and i.span.start > user.span.start
            ]
            if not _CHANGING.search(name) or not (slow or (after_user and user and user.keyword == "ENV")):
                continue
            yield Problem(
                at=instruction.span,
                message=f"{code(name)} changes with every build, and every `RUN` below is built anew with it",
                subject=f"{stage.label} {name}",
                why=f"The first of them is in line {(slow or after_user)[0].line}.",
                advice="Declare it right before the instruction that uses it, after what is slow.",
                edits=_edits(dockerfile, stage, instruction, user) if slow and user is not None else [],
            )


def _uses(dockerfile: Dockerfile, instruction: Instruction, name: str) -> bool:
    spans = [instruction.arguments, *(heredoc.span for heredoc in instruction.heredocs)]
    return any(found.name == name for span in spans for found in references(dockerfile.text[span]))


def _edits(dockerfile: Dockerfile, stage: Stage, argument: Instruction, user: Instruction) -> list[Edit]:
    """The line moved to right before the instruction that uses it."""
    text = dockerfile.text
    if argument.line != argument.end_line:
        return []
    line = text.line_span(argument.line)
    at = text.line_span(user.line).start
    return [Edit(dockerfile.path, line, ""), Edit(dockerfile.path, Span(at, at), text[line])]
