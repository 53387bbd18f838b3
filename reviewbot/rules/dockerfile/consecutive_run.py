"""RUN after RUN."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.run_edits import joined
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.text import Span

_OF_USERS = frozenset({"adduser", "addgroup", "chown", "groupadd", "useradd", "usermod"})


@rule(
    "consecutive-run",
    title="Join RUN instructions that belong together",
    category=Category.SIZE,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=(
        "DL3059",
        "0008c003-79aa-42d8-95b8-1c2fe37dbfe6",
    ),
    fixable=True,
)
def consecutive_run(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Each `RUN` makes a layer. Steps that always change together are one layer with less to pull, and what one of them
    leaves behind can only be removed by itself.

    Contested: while a Dockerfile is being written, several steps are quicker to repeat. Fine with mounts or a comment
    of their own, as heredocs, and in builder stages, which do not ship.

    Bad:
        FROM debian:12.5-slim
        RUN useradd --system app
        RUN mkdir -p /srv/data  # <- finding
        RUN chown app /srv/data && \
            chmod 700 /srv/data
    Good:
        FROM debian:12.5-slim
        RUN useradd --system app && \
            mkdir -p /srv/data && \
            chown app /srv/data && \
            chmod 700 /srv/data
    Bad (joined by hand: the second one goes on after a failure, or relies on where it starts):
        FROM debian:12.5-slim
        RUN cd /tmp && make
        RUN ls  # <- finding
        ENV A=1
        RUN make
        RUN test -f x || make x  # <- finding
    Also good (a comment explains each; mounts differ; something stands between):
        FROM debian:12.5-slim
        # the user
        RUN useradd --system app
        # its folder
        RUN mkdir /srv/data
        RUN --mount=type=cache,target=/root/.cache make
        WORKDIR /srv
        RUN make
        USER app
        RUN make test
        RUN <<EOF
        make
        EOF
    Also good (a user, after a step that cannot be joined to it):
        FROM debian:12.5-slim
        RUN cd /src && make install
        RUN useradd --system app
        USER app
    Also good (a builder stage; other shells):
        FROM debian:12.5-slim AS build
        RUN make
        RUN make install
        FROM debian:12.5-slim
        RUN ["make", "a"]
        RUN ["make", "b"]
        SHELL ["pwsh", "-Command"]
        RUN Write-Host a
        RUN Write-Host b
    """
    for stage in dockerfile.shipped_stages:
        for group in _groups(dockerfile, stage):
            edits = joined(dockerfile, group)
            if not edits and _makes_users(group[-1]):
                group = group[:-1]  # it changes for reasons of its own
                edits = joined(dockerfile, group)
            if len(group) < 2:
                continue
            yield Problem(
                at=group[1].keyword_span,
                message=f"{len(group)} `RUN` instructions follow each other: each is a layer of its own",
                subject=f"{stage.label} runs",
                why="Joined they are one layer, and what they leave behind can be removed in it.",
                advice=f"Join them with line {group[0].line} by `&&`, where they change together.",
                edits=edits,
            )


def _makes_users(run: Instruction) -> bool:
    """Whether a RUN does nothing but make users, and give them what is theirs."""
    programs = {command.program for command in run.commands}
    return bool(programs & {"useradd", "adduser"}) and programs <= _OF_USERS


def _groups(dockerfile: Dockerfile, stage: Stage) -> Iterator[list[Instruction]]:
    """Runs of two or more that could be one."""
    group: list[Instruction] = []
    for instruction in stage.instructions:
        plain = (
            instruction.keyword == "RUN"
            and bool(instruction.commands)
            and not (instruction.flags or instruction.heredocs or instruction.is_json)
        )
        follows = bool(group) and not dockerfile.text[Span(group[-1].span.end, instruction.span.start)].strip()
        if plain and (follows or not group):
            group.append(instruction)
            continue
        if len(group) > 1:
            yield group
        group = [instruction] if plain else []
    if len(group) > 1:
        yield group
