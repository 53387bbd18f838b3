"""Two stages of one name."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "duplicate-stage-name",
    title="Give every stage a name of its own",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=(
        "DL3024",
        "DuplicateStageName",
        "DS-0012",
        "CKV_DOCKER_11",
        "f2daed12-c802-49cd-afed-fe41d0b82fed",
        "alias-must-be-unique",
    ),
)
def duplicate_stage_name(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Of two stages with one name the last one before is meant, wherever the name is used; nothing says so. `--target`
    cannot reach the other at all. Case makes no difference.

    Bad:
        FROM golang:1.22.1 AS build
        RUN go build -o /server ./server
        FROM golang:1.22.1 AS Build  # <- finding
        RUN go build -o /client ./client
        FROM scratch
        COPY --from=build /client /client
    Good:
        FROM golang:1.22.1 AS server
        RUN go build -o /server ./server
        FROM golang:1.22.1 AS client
        RUN go build -o /client ./client
        FROM scratch
        COPY --from=client /client /client
    Also good (stages without a name, and one that is named as an image is):
        FROM debian:12.5-slim
        FROM debian:12.5-slim
        FROM debian:12.5-slim AS debian
    """
    first: dict[str, int] = {}
    for stage in dockerfile.stages:
        if stage.name is None or stage.name_span is None:
            continue
        line = first.setdefault(stage.name.lower(), stage.from_instruction.line)
        if line != stage.from_instruction.line:
            yield Problem(
                at=stage.name_span,
                message=f"The stage of line {line} has the name {code(stage.name)} as well",
                subject=stage.name.lower(),
                why="What is copied from that name comes from whichever stage stands nearest before.",
                advice="Rename one of them, together with what refers to it.",
            )
