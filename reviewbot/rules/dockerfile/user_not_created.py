"""USER with a name that nobody made."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_name
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_SHIPPED = {
    "debian": "_apt backup bin daemon games gnats irc list lp mail man news nobody proxy root sync sys uucp www-data",
    "alpine": "adm at bin cron cyrus daemon ftp games guest halt lp mail man news nobody ntp operator postmaster root "
    "shutdown smmsp squid sshd sync uucp vpopmail www-data xfs utmp",
}
_USERS = {
    "debian": _SHIPPED["debian"],
    "ubuntu": f"{_SHIPPED['debian']} ubuntu",
    "alpine": _SHIPPED["alpine"],
    "python": f"{_SHIPPED['debian']} {_SHIPPED['alpine']}",
    "golang": f"{_SHIPPED['debian']} {_SHIPPED['alpine']}",
    "node": f"{_SHIPPED['debian']} {_SHIPPED['alpine']} node",
    "eclipse-temurin": f"{_SHIPPED['debian']} {_SHIPPED['alpine']} ubuntu",
    "scratch": "",
}
"""The users that images have by themselves, as far as that is known for certain."""

_MAKES_USERS = re.compile(
    r"\b(?:useradd|adduser|newusers|systemd-sysusers|usermod|addgroup|sed -i|make|ansible)\b|/etc/passwd|\.sh\b"
)
_OF_PACKAGES = frozenset(
    {"mysql", "postgres", "nginx", "redis", "rabbitmq", "mongodb", "tomcat", "jetty", "elasticsearch"}
)


@rule(
    "user-not-created",
    title="Create a user before it is named",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
)
def user_not_created(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A name in `USER` is looked up in `/etc/passwd` of the image. Without an entry the next `RUN` fails, and so does every
    start: `unable to find user app: no matching entries in passwd file`. An empty image has no such file at all.

    Fine for numbers, and for users that the base, a package or a script makes.

    Bad:
        FROM debian:12.5-slim
        COPY serve /serve
        USER app  # <- finding
        CMD ["/serve"]
    Bad (made in another stage):
        FROM golang:1.22.1 AS build
        RUN useradd app
        FROM scratch
        COPY --from=build /app /app
        USER app  # <- finding
        ENTRYPOINT ["/app"]
    Good:
        FROM debian:12.5-slim
        RUN useradd --system --create-home app
        COPY serve /serve
        USER app
        CMD ["/serve"]
    Also good (numbers; users of the base; those of packages):
        FROM debian:12.5-slim
        USER 10001:10001
        USER nobody
        USER www-data:www-data
        FROM node:20.11.1-slim
        USER node
        FROM alpine:3.19.1
        RUN apk add --no-cache postgresql15 nginx
        USER postgres
        USER nginx
    Also good (the file is copied, or a script may make it):
        FROM golang:1.22.1 AS build
        RUN useradd app
        FROM scratch
        COPY --from=build /etc/passwd /etc/passwd
        COPY --from=build /app /app
        USER app
        FROM debian:12.5-slim
        COPY setup.sh /
        RUN /setup.sh
        USER app
    Also good (made in the stage before, and bases that nobody looked at):
        FROM debian:12.5-slim AS base
        RUN groupadd -r app && useradd -r -g app app
        FROM base
        USER app
        FROM example.org/base:1.2
        USER app
        FROM debian:12.5-slim
        ARG USERNAME
        USER $USERNAME
    Also good (Windows):
        FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
        USER ContainerUser
    """
    for stage in dockerfile.stages:
        known = _USERS.get(base_name(dockerfile, stage))
        if known is None or not stage.all("USER") or dockerfile.is_windows(stage):
            continue
        said: set[str] = set()
        made = _Made(stage)
        for instruction in stage.all("USER"):
            value = dockerfile.expand(instruction.words[0].value, instruction)
            name = value.strip().split(":")[0] if value else ""
            if not name or name.isdecimal() or name in known.split() or name in said or not name.isprintable():
                continue
            if any(char in name for char in "$\\{<@ ") or made.may_have(name, instruction):
                continue
            said.add(name)
            yield Problem(
                at=instruction.arguments,
                message=f"No user is named {code(name)} in this image",
                subject=f"{stage.label} {name}",
                why=f"{code(base_name(dockerfile, stage))} has none of that name, and nothing before this line creates one.",
                advice="Write the number of the user, `USER 65532:65532`: an empty image has no names."
                if stage.root.base == "scratch"
                else f"Create it first: `RUN useradd --system {name}`.",
                confidence=Confidence.MEDIUM,
            )


class _Made:
    """What the instructions of a stage, and of those it is built from, may have made of users."""

    def __init__(self, stage: Stage) -> None:
        self._commands = ""
        self._ends: list[tuple[int, int]] = []
        """For each RUN where it begins in the file, and where its text ends in all of them."""
        self._any_from: int | None = None
        """Where something stands that may create any user: a script, a copied file."""
        texts, length = [], 0
        for instruction in (i for each in stage.lineage for i in each.all("RUN", "COPY", "ADD")):
            text = instruction.argument_text + "".join(heredoc.content for heredoc in instruction.heredocs)
            is_run = instruction.keyword == "RUN"
            if self._any_from is None and (_MAKES_USERS.search(text) if is_run else _brings_users(instruction, text)):
                self._any_from = instruction.span.start
            if is_run:
                texts.append(text)
                length += len(text)
                self._ends.append((instruction.span.start, length))
        self._commands = "".join(texts)

    def may_have(self, name: str, user: Instruction) -> bool:
        """Whether something before may create the user: a command that names it, a script, a package, a copied file."""
        before = user.span.start
        if self._any_from is not None and self._any_from < before:
            return True
        count = bisect.bisect_left(self._ends, (before, 0))
        end = self._ends[count - 1][1] if count else 0
        return (end > 0 and name in _OF_PACKAGES) or self._commands.find(name, 0, end) >= 0


def _brings_users(instruction: Instruction, text: str) -> bool:
    target = instruction.destination.value if instruction.destination else ""
    return "passwd" in text or "rootfs" in text or target.rstrip("/") in ("", "/etc", ".", "/.")
