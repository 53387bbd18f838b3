"""Two programs for one thing."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.command import ShellWord
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.package_managers import OF_THE_SYSTEM, Action

_BOTH = ("curl", "wget")


@rule(
    "wget-and-curl",
    title="Install wget or curl, not both",
    category=Category.SIZE,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=(
        "DL4001",
        "DS-0014",
        "use-either-wget-or-curl",
        "fc775e75-fcfb-4c98-b2f2-910c5858b359",
    ),
)
def wget_and_curl(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Both fetch files. One of them is enough, and one program fewer to ship and to patch.

    Fine in builder stages, which do not ship, and where the base image has them anyway.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --no-install-recommends curl wget  # <- finding
    Bad (the one is installed, the other is used):
        FROM alpine:3.20
        RUN apk add --no-cache curl  # <- finding
        RUN wget -q https://example.org/a
    Also good:
        FROM debian:12.5-slim AS build
        RUN apt-get update && apt-get install -y curl wget
        FROM node:20.11.1
        RUN curl -fsSO https://example.org/a
        RUN wget https://example.org/b
    Also good (removed again in the same step):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl wget && wget -q https://example.org/a && apt-get purge -y wget curl
    Also good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && curl -fsSO https://example.org/wget
    """
    runs = [run for stage in dockerfile.shipped_stages for run in stage.all("RUN")]
    installed = {word.value: word for run in runs for word in _installed(run)}
    used = {command.program for run in runs for command in run.commands if command.program in _BOTH}
    if not installed or len(used | installed.keys()) < 2:
        return
    at = list(installed.values())[-1]
    other = next(name for name in _BOTH if name != at.value)
    yield Problem(
        at=at.span,
        message=f"{code(at.value)} comes along, though {code(other)} does the same",
        subject=f"{dockerfile.final_stage.label} {at.value}",
        why="Both ship, and both have to be patched.",
        advice=f"Fetch everything with {code(other)}, and leave {code(at.value)} out.",
    )


def _installed(run: Instruction) -> Iterator[ShellWord]:
    removed = {w.value for c in run.package_commands if c.action is Action.REMOVE for w in c.packages}
    cleans_up = any(c.has("--auto-remove", "--autoremove") or c.verb == "autoremove" for c in run.package_commands)
    for call in run.package_commands if not cleans_up else ():
        if call.manager in OF_THE_SYSTEM and call.action is Action.INSTALL:
            yield from (word for word in call.packages if word.value in _BOTH and word.value not in removed)
