"""MAINTAINER."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction

_LABEL = "org.opencontainers.image.authors"


@rule(
    "maintainer-label",
    title="Name the authors in a label, not with MAINTAINER",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=(
        "DL4000",
        "MaintainerDeprecated",
        "DS-0022",
        "CKV_DOCKER_6",
        "99614418-f82b-4852-a9ae-5051402b741c",
        "maintainer-is-deprecated",
    ),
    fixable=True,
)
def maintainer_label(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""`MAINTAINER` has been deprecated since Docker 1.13, and tools that read labels do not see it. The label of the OCI
    specification says the same.

    Bad:
        FROM debian:12.5-slim
        MAINTAINER Jo "the ship" Doe <jo@example.org>  # <- finding
    Good:
        FROM debian:12.5-slim
        LABEL org.opencontainers.image.authors="Jo \"the ship\" Doe <jo@example.org>"
    Bad (quoted, and in lower case):
        from debian:12.5-slim
        maintainer "Jo Doe"  # <- finding
    Good:
        from debian:12.5-slim
        label org.opencontainers.image.authors="Jo Doe"
    Also good:
        FROM debian:12.5-slim
        LABEL maintainer="jo@example.org"
    Also good (the word in a script is none):
        FROM debian:12.5-slim
        COPY <<EOF /about
        MAINTAINER Jo Doe
        EOF
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("MAINTAINER"):
            yield Problem(
                at=instruction.span,
                message=f"`MAINTAINER` is deprecated; `LABEL {_LABEL}` says it to everybody",
                subject=stage.label,
                why="BuildKit warns of it in every build.",
                edits=_edits(dockerfile, instruction),
            )


def _edits(dockerfile: Dockerfile, instruction: Instruction) -> list[Edit]:
    name = instruction.argument_text.strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    if instruction.line != instruction.end_line or "$" in name or not name.isprintable():
        return []
    value = name.replace(dockerfile.escape, dockerfile.escape * 2).replace('"', f'{dockerfile.escape}"')
    keyword = "label" if dockerfile.text[instruction.keyword_span].islower() else "LABEL"
    return [Edit(dockerfile.path, instruction.span, f'{keyword} {_LABEL}="{value}"')]
