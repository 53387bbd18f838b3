"""ENV and LABEL without an equals sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Assignment, Dockerfile, Instruction
from reviewbot.source.text import Span

_PLAIN = re.compile(r"[A-Za-z0-9_./:,@%+=$\{\}~*?!^#-]+", re.ASCII)


@rule(
    "legacy-env-format",
    title="Write ENV and LABEL with an equals sign",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=("LegacyKeyValueFormat",),
    fixable=True,
)
def legacy_env_format(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`ENV name value` takes the rest of the line as one value: a second variable on that line becomes part of the
    first. Docker discourages the form, and BuildKit warns of it in every build.

    Bad:
        FROM debian:12.5-slim
        ENV PORT 8080  # <- finding
        ENV GREETING hello, world  # <- finding
        LABEL version 1.0  # <- finding
        ENV PATH   /opt/app/bin:$PATH  # <- finding
    Good:
        FROM debian:12.5-slim
        ENV PORT=8080
        ENV GREETING="hello, world"
        LABEL version=1.0
        ENV PATH=/opt/app/bin:$PATH
    Bad (quotes):
        FROM debian:12.5-slim
        ENV NAME "Jo Doe"  # <- finding
        ENV OPTIONS -Xmx1g -Dname='a b'  # <- finding
    Good:
        FROM debian:12.5-slim
        ENV NAME="Jo Doe"
        ENV OPTIONS="-Xmx1g -Dname=a b"
    Also good:
        FROM debian:12.5-slim
        ENV A=1 B="2 3"
        ARG C
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("ENV", "LABEL"):
            for assignment in instruction.assignments:
                if assignment.legacy:
                    yield Problem(
                        at=instruction.arguments,
                        message=f"{code(assignment.name)} is set without an equals sign, a form that is deprecated",
                        subject=f"{stage.label} {assignment.name}",
                        why="All that follows the name is one value, up to the end of the line.",
                        edits=_edits(dockerfile, instruction, assignment),
                    )


def _edits(dockerfile: Dockerfile, instruction: Instruction, assignment: Assignment) -> list[Edit]:
    """The same value with an equals sign: as it stands, or in double quotes."""
    span = assignment.value_span
    if span is None or dockerfile.escape != "\\" or assignment.raw_value is None:
        return []
    between = Span(assignment.name_span.end, span.start)
    written = dockerfile.text[span]
    if dockerfile.text[between].strip() or "\n" in written:
        return []
    is_quoted = len(written) > 1 and written[0] == written[-1] == '"' and not re.search(r'["\\]', written[1:-1])
    if is_quoted or _PLAIN.fullmatch(written):
        return [Edit(dockerfile.path, between, "=")]
    value = assignment.value or ""
    if "\\" in written or '"' in value or ("'" in written and "$" in written):
        return []
    return [Edit(dockerfile.path, Span(between.start, span.end), f'="{value}"')]
