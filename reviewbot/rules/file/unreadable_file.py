"""Files that Docker cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts, Unreadable
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.text import Span

_TEMPLATE = re.compile(r"^[ \t\ufeff]*(?:\{\{|\{%|<%|@@\w+@@)", re.M)
"""A line that begins with a directive of a template engine; neither Dockerfiles nor YAML have such lines."""

_LOOKED_AT = 20_000


@rule(
    "unreadable-file",
    title="A file that Docker can read",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("DL3043", "DL3061", "DL1000"),
)
def unreadable_file(file: Unreadable, facts: Facts) -> Iterator[Problem]:
    """Docker refuses the file as it stands: an unknown instruction, a heredoc that never ends, YAML that is none. Nothing
    else in it can be checked, and nothing can be built from it.

    Fine never, but for a file that only looks like one: a template, or an example that is not meant to be built.
    Name such files in the configuration's `overrides`.

    Bad:
        FROM debian:12.5-slim
        RUM apt-get update  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update
    Also good (a template: what it will be is not known before it is rendered):
        {{ if .Debug }}
        FROM debian:12.5
        {{ end }}
    Bad (a heredoc without its end):
        FROM debian:12.5-slim
        RUN <<EOF  # <- finding
        echo hello
    Bad (a key given twice):
        --- compose.yaml
        services:
          web:
            image: nginx:1.27.0
            image: nginx:1.27.1  # <- finding
    """
    text, problem = file.text, file.problem
    if _TEMPLATE.search(text.content[:_LOOKED_AT]):
        return
    line = max(1, min(problem.line, text.line_count or 1))
    length = len(text.line_text(line)) if text.content else 0
    start = text.lines_span(line, line).start + min(problem.column - 1, length)
    if line == 1 and text.content.startswith("\ufeff"):
        start = min(start + 1, len(text.content))
    yield Problem(
        at=Span(start, start),
        message=problem.message,
        subject="file",
        why="Docker cannot read this file as it stands, so nothing else in it was checked.",
    )
