"""AS in another case than FROM."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "from-as-casing",
    title="Write AS as FROM is written",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=("FromAsCasing",),
    fixable=True,
)
def from_as_casing(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`FROM image as name` works; BuildKit warns of it in every build, because it reads badly.

    Bad:
        FROM debian:12.5-slim as build  # <- finding
        FROM debian:12.5-slim
    Good:
        FROM debian:12.5-slim AS build
        FROM debian:12.5-slim
    Bad:
        from debian:12.5-slim AS build  # <- finding
    Good:
        from debian:12.5-slim as build
    Also good:
        FROM debian:12.5-slim AS as
        FROM as
    """
    for stage in dockerfile.stages:
        words = stage.from_instruction.words
        if len(words) != 3:
            continue
        keyword, written = dockerfile.text[stage.from_instruction.keyword_span], words[1]
        right = "as" if keyword.islower() else "AS"
        if written.raw != right:
            yield Problem(
                at=written.span,
                message=f"{code(written.raw)} stands beside {code(keyword)}",
                subject=f"{stage.index} {stage.label}",
                why="BuildKit warns of it in every build.",
                edits=[Edit(dockerfile.path, written.span, right)],
            )
