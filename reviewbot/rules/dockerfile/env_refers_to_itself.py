"""ENV that uses a variable which the same instruction sets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import may_be_in_environment
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Assignment, Dockerfile, Instruction, Stage
from reviewbot.source.text import Span
from reviewbot.source.variable_reference import references


@rule(
    "env-refers-to-itself",
    title="Set a variable before the instruction that uses it",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("DL3044",),
    fixable=True,
)
def env_refers_to_itself(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Within one `ENV` every `$name` is what it was before that instruction: what the same instruction sets is not there
    yet. The value comes out empty, or is an old one.

    Fine where the older value is meant: `PATH=/opt/bin:$PATH`.

    Bad:
        FROM debian:12.5-slim
        ENV HOME_DIR=/opt/app \
            LOGS=$HOME_DIR/logs \
            PATH=$HOME_DIR/bin:$PATH  # <- finding
    Good:
        FROM debian:12.5-slim
        ENV HOME_DIR=/opt/app
        ENV LOGS=$HOME_DIR/logs \
            PATH=$HOME_DIR/bin:$PATH
    Bad:
        FROM debian:12.5-slim
        ENV A=1 B=${A}  # <- finding
    Good:
        FROM debian:12.5-slim
        ENV A=1
        ENV B=${A}
    Also good (set before):
        FROM debian:12.5-slim
        ARG VERSION=1
        ENV A=1
        ENV A=2 B=$A C="$VERSION" VERSION=$VERSION
        ENV PATH=/a:$PATH OTHER=$PATH
    Also good (the base sets it):
        --- Dockerfile
        FROM example.org/base:1.2
        ENV APP=/app DATA=$APP/data
        --- image example.org/base:1.2
        env:
        - [APP, /srv]
    Also good (a default, an escape, single quotes):
        FROM debian:12.5-slim
        ENV A=1 B=${A:-2} C=\$A D='$A'
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("ENV"):
            names = {a.name for a in instruction.assignments}
            users = [
                (a, used)
                for a in instruction.assignments
                if (used := _early(dockerfile, stage, instruction, a, names, facts))
            ]
            if users:
                first, used = users[0]
                listed = ", ".join(code(f"${name}") for name in sorted({n for _, u in users for n in u}))
                yield Problem(
                    at=users[-1][0].span,
                    message=f"{listed} is not set yet: this very `ENV` sets it",
                    subject=f"{stage.label} {first.name} {used[0]}",
                    why="The builder replaces variables before it sets any of them.",
                    advice="Set it in an `ENV` of its own before.",
                    edits=_edits(dockerfile, instruction, first, {n for _, u in users for n in u}),
                )


def _early(
    dockerfile: Dockerfile,
    stage: Stage,
    instruction: Instruction,
    assignment: Assignment,
    names: set[str],
    facts: Facts,
) -> list[str]:
    """Variables that it uses, that the instruction sets, and that have no older value."""
    used = [r.name for r in references(assignment.raw_value or "", dockerfile.escape) if not r.has_default]
    early = [name for name in used if name in names and name != assignment.name]
    return [
        name
        for name in early
        if not dockerfile.is_declared(name, instruction) and not _is_certainly_older(name, dockerfile, stage, facts)
    ]


def _is_certainly_older(name: str, dockerfile: Dockerfile, stage: Stage, facts: Facts) -> bool:
    """Whether the base has it: then its value is what is meant, or an accident that nobody can tell from here."""
    return name == "PATH" or (
        facts.base_config(dockerfile, stage) is not None and may_be_in_environment(name, dockerfile, stage, facts)
    )


def _edits(dockerfile: Dockerfile, instruction: Instruction, first: Assignment, needed: set[str]) -> list[Edit]:
    """A new ENV where the first user stands, if all it needs stands before it."""
    before = {a.name for a in instruction.assignments if a.span.start < first.span.start}
    if not needed <= before:
        return []
    previous = max(a.span.end for a in instruction.assignments if a.span.start < first.span.start)
    between = Span(previous, first.span.start)
    if not re.fullmatch(r"[ \t]*(?:\\[ \t]*\r?\n[ \t]*)?", dockerfile.text[between]):
        return []
    keyword = dockerfile.text[instruction.keyword_span]
    start = dockerfile.text.indentation(instruction.line)
    return [Edit(dockerfile.path, between, f"{dockerfile.text.newline}{start}{keyword} ")]
