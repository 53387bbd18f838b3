"""WORKDIR in the system's own folders."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile

_MOUNTED = ("/dev", "/proc", "/sys")
_SYSTEM = frozenset(
    {"/bin", "/boot", "/etc", "/lib", "/lib64", "/run", "/sbin", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/var"}
)


@rule(
    "workdir-on-system-folder",
    title="Give the application a folder of its own, not one of the system's",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("DS-0030",),
)
def workdir_on_system_folder(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Files that are copied to `.` in a folder of the system replace the system's own of the same name, and what lies below
    `/proc`, `/sys` or `/dev` is hidden when the container starts.

    Fine for folders below them that belong to one program, such as `/etc/nginx`, and for stages that only look.

    Bad:
        FROM debian:12.5-slim
        WORKDIR /usr/bin  # <- finding
        COPY . .
    Bad (hidden in the container):
        FROM debian:12.5-slim
        WORKDIR /proc/app  # <- finding
    Good:
        FROM debian:12.5-slim
        WORKDIR /app
        COPY . .
    Also good (a folder of one program, and nothing is copied over the system):
        FROM nginx:1.25.4
        WORKDIR /etc/nginx
        COPY . .
        WORKDIR /etc
        COPY app.conf /etc/app.conf
        WORKDIR /
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("WORKDIR"):
            value = dockerfile.expand(instruction.words[0].value, instruction)
            folder = posixpath.normpath(value) if value else ""
            is_mounted = folder in _MOUNTED or folder.startswith(tuple(f"{each}/" for each in _MOUNTED))
            if not is_mounted and not (folder in _SYSTEM and _copies_here(dockerfile, instruction.span.start)):
                continue
            yield Problem(
                at=instruction.arguments,
                message=f"{code(folder)} belongs to the system",
                subject=f"{stage.label} {folder}",
                why="The container's own mount lies over it: what the image has there is never seen."
                if is_mounted
                else "What is copied to a relative path from here on replaces files of the system with the same name.",
                advice="Use a folder of the application's own, for example `/app`.",
            )


def _copies_here(dockerfile: Dockerfile, start: int) -> bool:
    """Whether something is copied to this very folder before the next WORKDIR."""
    for instruction in dockerfile.instructions:
        if instruction.span.start <= start:
            continue
        if instruction.keyword in ("WORKDIR", "FROM"):
            return False
        target = instruction.destination if instruction.keyword in ("COPY", "ADD") else None
        if target is not None and target.value in (".", "./"):
            return True
    return False
