"""sudo in a build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.distribution import is_known_to_run_as_root
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.reference import parse_reference
from reviewbot.source.text import Span

_PLAIN = re.compile(r"(?:/usr/bin/)?sudo(?:[ \t]+(?:-[EHnS]+|--preserve-env|--non-interactive|--set-home))*[ \t]+")
_ELEMENT = re.compile(r"\"(?:/usr/bin/)?sudo\"\s*,\s*\"")
_AS_ANOTHER = re.compile(r"[\s\"](?:-\w*[ugi]|--user|--group|--login)\b")


@rule(
    "no-sudo",
    title="Run as the user a step needs, without sudo",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=(
        "DL3004",
        "DS-0010",
        "CKV2_DOCKER_1",
        "DKL-DI-0001",
        "8ada6e80-0ade-439e-b176-0b28f6bce35a",
        "no-sudo-in-dockerfile",
    ),
    fixable=True,
)
def no_sudo(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A build has no terminal and no person: whoever writes the Dockerfile chooses the user of each step with `USER`. For
    root `sudo` does nothing; for another user it needs a rule without a password, and that rule then ships: whoever
    breaks into the container is root at once.

    Fine as a package that people use at run time (a development container).

    Bad:
        FROM debian:12.5-slim
        RUN sudo -E apt-get update && sudo apt-get install -y jq  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y jq
    Bad (options of the program are none of sudo's; in JSON form):
        FROM node:20.11.1-slim
        RUN sudo npm install -g pnpm@9.1.0  # <- finding
        RUN ["sudo", "apt-get", "update"]  # <- finding
    Good:
        FROM node:20.11.1-slim
        RUN npm install -g pnpm@9.1.0
        RUN ["apt-get", "update"]
    Bad (not root: switch the user instead):
        FROM debian:12.5-slim
        USER app
        RUN sudo apt-get update  # <- finding
    Bad (as somebody else):
        FROM debian:12.5-slim
        RUN sudo -u postgres createdb app  # <- finding
        RUN ["sudo", "-u", "postgres", "createdb", "web"]  # <- finding
    Also good (a package, a file and a rule, not a command):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y sudo && rm -rf /var/lib/apt/lists/*
        RUN echo "dev ALL=(root) NOPASSWD:ALL" > /etc/sudoers.d/dev && usermod -aG sudo dev
        RUN command -v sudo && sudo --version
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN"):
            commands = [command for command in instruction.commands if "sudo" in command.wrappers]
            if not commands:
                continue
            user = _user(dockerfile, stage, instruction, facts)
            another = any(_AS_ANOTHER.search(dockerfile.text[_before_program(c)]) for c in commands)
            edits = [edit for c in commands if (edit := _edit(dockerfile, c)) is not None]
            safe = user == "root" and not another and len(edits) == len(commands)
            yield Problem(
                at=commands[0].span,
                message="`sudo` does nothing here: the step runs as root already"
                if user == "root" and not another
                else "`sudo` in a build: choose the user of a step with `USER`",
                subject=f"{stage.label} sudo",
                why="It has to be installed for this, and ships."
                if user == "root" and not another
                else "For this, `sudo` without a password has to be part of the image, and it stays there for whoever "
                "breaks into the container.",
                advice="Put `USER …` before the steps that another user is to run, and `USER root` before those of root; "
                "in a script that starts as root, `setpriv` or `gosu` give up root for good.",
                edits=edits if safe else [],
            )


def _user(dockerfile: Dockerfile, stage: Stage, before: Instruction, facts: Facts) -> str | None:
    """``root`` where a step is known to run as root, another user's name where the file names one, else None."""
    for each in reversed(stage.lineage):
        users = [i for i in each.all("USER") if i.span.start < before.span.start]
        if users:
            user = (dockerfile.expand(users[-1].argument_text, users[-1]) or "").split(":")[0]
            return "root" if user in ("root", "0") else user or None
    reference = dockerfile.base_image(stage) or ""
    config = facts.image(reference)
    if config is not None:
        return "root" if config.runs_as_root else config.user
    image = parse_reference(reference)
    return "root" if image is not None and is_known_to_run_as_root(image) else None


def _edit(dockerfile: Dockerfile, command: Command) -> Edit | None:
    """``sudo`` and its options removed, where nothing stands before it."""
    before = _before_program(command)
    written = _ELEMENT if command.is_exec_form else _PLAIN
    if not written.fullmatch(dockerfile.text[before]):
        return None
    return Edit(dockerfile.path, before, '"' if command.is_exec_form else "")


def _before_program(command: Command) -> Span:
    """``sudo`` with its options, and what else stands before the program that it runs."""
    return Span(command.span.start, max(command.span.start, command.program_span.start))
