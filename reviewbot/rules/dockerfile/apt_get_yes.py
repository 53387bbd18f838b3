"""apt-get that would ask."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.apt import apt_commands, is_configured
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span

_ASKING = ("install", "remove", "purge", "autoremove", "upgrade", "dist-upgrade", "full-upgrade", "build-dep")


@rule(
    "apt-get-yes",
    title="Answer apt-get's question with -y",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("DL3014", "DS-0021"),
    fixable=True,
)
def apt_get_yes(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`apt-get install` asks before it goes on. A build has nobody who could answer: it stops with an error as soon
    as something more than the named packages is to be installed.

    Fine when apt's own configuration says yes.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install curl  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl
    Also good (all of these answer):
        FROM debian:12.5-slim
        RUN apt-get -qq install curl && apt-get install --yes git && apt-get -o APT::Get::Assume-Yes=true install jq
        RUN yes | apt-get install nano && apt-get -yq install vim && apt-get update
    Also good (the configuration answers):
        FROM debian:12.5-slim
        RUN echo 'APT::Get::Assume-Yes "true";' > /etc/apt/apt.conf.d/90yes
        RUN apt-get install curl
    Also good (a package's name, not a command):
        FROM debian:12.5-slim
        RUN echo apt-get install curl
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN"):
            for apt in apt_commands(instruction, *_ASKING):
                if apt.assumes_yes() or is_configured(stage, instruction, "APT::Get::Assume-Yes"):
                    continue
                end = apt.verb.span.end
                yield Problem(
                    at=apt.command.span,
                    message=f"{code(f'{apt.command.program} {apt.verb.value}')} without `-y` waits for an answer",
                    subject=f"{stage.label} {apt.verb.value} {apt.packages[0].value if apt.packages else ''}".strip(),
                    why="Nobody can answer in a build: it ends with an error when apt asks whether to go on.",
                    edits=[Edit(dockerfile.path, Span(end, end), " -y")],
                )
