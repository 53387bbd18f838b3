"""Package lists that stay in a layer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.apt import AptCommand, apt_commands
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.text import Span

_LISTS = "/var/lib/apt/lists"


@rule(
    "apt-get-lists",
    title="Remove apt's package lists in the layer that fetched them",
    category=Category.SIZE,
    severity=Severity.WARNING,
    aliases=("DL3009", "DKL-DI-0005"),
    fixable=True,
)
def apt_get_lists(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""`apt-get update` leaves some 20 to 50 MB of package lists in the layer. Removing them in a later `RUN` only hides
    them: the layer below still ships.

    Fine with a cache mount on `/var/lib/apt`, and in builder stages, which do not ship.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --no-install-recommends curl  # <- finding
        RUN rm -rf /var/lib/apt/lists/*
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
        RUN rm -rf /var/lib/apt/lists/*
    Bad (on several lines):
        FROM debian:12.5-slim
        RUN apt-get update \  # <- finding
            && apt-get install -y --no-install-recommends \
                curl \
                git
    Good:
        FROM debian:12.5-slim
        RUN apt-get update \
            && apt-get install -y --no-install-recommends \
                curl \
                git \
            && rm -rf /var/lib/apt/lists/*
    Bad (a heredoc):
        FROM debian:12.5-slim
        RUN <<EOF
        apt-get update  # <- finding
        apt-get install -y --no-install-recommends curl
        EOF
    Good:
        FROM debian:12.5-slim
        RUN <<EOF
        apt-get update
        apt-get install -y --no-install-recommends curl
        rm -rf /var/lib/apt/lists/*
        EOF
    Also good (a cache mount holds them):
        FROM debian:12.5-slim
        RUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update && apt-get install -y curl
    Also good (this stage does not ship):
        FROM debian:12.5-slim AS build
        RUN apt-get update && apt-get install -y gcc
        FROM debian:12.5-slim
        COPY --from=build /app /app
    Also good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && apt-get clean && rm -rf /tmp/* /var/lib/apt/lists/* /var/tmp/*
        RUN apt-get update && apt-get install -y git; rm -r /var/lib/apt/lists
        RUN apt-get update && apt-get install -y jq && find /var/lib/apt/lists -type f -delete
    """
    for stage in dockerfile.shipped_stages:
        for instruction in stage.all("RUN"):
            update = next(apt_commands(instruction, "update"), None)
            if update is None or _removes_lists(instruction) or _has_mount(instruction):
                continue
            edit = _removal(dockerfile, instruction, update)
            yield Problem(
                at=update.command.span,
                message="The package lists of `apt-get update` stay in the image",
                subject=f"{stage.label} lists {_first_package(instruction)}".strip(),
                why="They are some 20 to 50 MB that are stale tomorrow; only the same `RUN` can keep them out of its layer.",
                advice="End this `RUN` with `&& rm -rf /var/lib/apt/lists/*`.",
                edits=[edit] if edit else [],
            )


def _first_package(instruction: Instruction) -> str:
    install = next(apt_commands(instruction, "install"), None)
    return install.packages[0].value if install and install.packages else ""


def _removes_lists(instruction: Instruction) -> bool:
    commands = instruction.script.commands if instruction.script else ()
    return any(
        command.program in ("rm", "find") and any("/var/lib/apt" in word.value for word in command.arguments)
        for command in commands
    )


def _has_mount(instruction: Instruction) -> bool:
    return any(
        "/var/lib/apt" in (mount.value or "")
        and ("type=cache" in (mount.value or "") or "type=tmpfs" in (mount.value or ""))
        for mount in instruction.flags_named("mount")
    )


def _removal(dockerfile: Dockerfile, instruction: Instruction, update: AptCommand) -> Edit | None:
    """The removal at the end of the RUN, written as the RUN is written."""
    text = dockerfile.text
    remove = f"{'sudo ' if 'sudo' in update.command.wrappers else ''}rm -rf {_LISTS}/*"
    if instruction.heredocs:
        body = instruction.heredocs[0].span
        if len(instruction.heredocs) > 1 or not body.contains(update.command.span):
            return None
        indentation = text.indentation(text.line_of(update.command.span.start))
        return Edit(dockerfile.path, Span(body.end, body.end), f"{indentation}{remove}{text.newline}")
    end = instruction.arguments.end
    last = text.line_of(end)
    first = text.line_of(instruction.arguments.start)
    if last == first:
        return Edit(dockerfile.path, Span(end, end), f" && {remove}")
    lines = [text.line_text(line) for line in range(first + 1, last + 1)]
    leading = next((line for line in lines if line.lstrip().startswith("&&")), None)
    if leading is not None:
        indentation = leading[: len(leading) - len(leading.lstrip())]
        inserted = f" {dockerfile.escape}{text.newline}{indentation}&& {remove}"
    else:
        inserted = f" && {dockerfile.escape}{text.newline}{_list_indentation(lines, dockerfile.escape)}{remove}"
    return Edit(dockerfile.path, Span(end, end), inserted)


def _list_indentation(lines: list[str], escape: str) -> str:
    """The indentation of commands in a list whose lines end with ``&&``."""
    for before, line in itertools.pairwise(lines):
        if before.rstrip().removesuffix(escape).rstrip().endswith("&&"):
            return line[: len(line) - len(line.lstrip())]
    return lines[0][: len(lines[0]) - len(lines[0].lstrip())]
