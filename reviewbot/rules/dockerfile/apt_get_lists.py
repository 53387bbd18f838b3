"""Package lists that stay in a layer."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.markdown import code
from reviewbot.rules.apt_configuration import lists_removed_by_hook_from
from reviewbot.rules.clean_up import removes
from reviewbot.rules.measured import left_behind
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import appended, ended_with, joined
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.mounts import is_mounted
from reviewbot.source.package_managers import APT, Action

LISTS = "/var/lib/apt/lists"
_REMOVAL = f"rm -rf {LISTS}/*"
_LISTS = re.compile(r"/var/lib/(?:apt(?:/lists)?)?(?:/|/\*.*)?\Z|/var/lib/apt/")


@rule(
    "apt-get-lists",
    title="Remove apt's package lists in the layer that fetched them",
    category=Category.SIZE,
    severity=Severity.WARNING,
    aliases=(
        "DL3009",
        "DKL-DI-0005",
        "remove-package-cache",
        "remove-package-lists",
        "df746b39-6564-4fed-bf85-e9c44382303c",
    ),
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
    Bad (in JSON form, where a shell reads it):
        FROM debian:12.5-slim
        RUN ["/bin/bash", "-c", "apt-get update && apt-get install -y jq"]  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN ["/bin/bash", "-c", "apt-get update && apt-get install -y jq && rm -rf /var/lib/apt/lists/*"]
    Bad (in JSON form, where nothing can follow):
        FROM debian:12.5-slim
        RUN ["apt-get", "update"]  # <- finding
    Bad (removed before they are fetched):
        FROM debian:12.5-slim
        RUN rm -rf /var/lib/apt/lists/* && apt-get update && apt-get install -y jq  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN rm -rf /var/lib/apt/lists/* && apt-get update && apt-get install -y jq && rm -rf /var/lib/apt/lists/*
    Bad (the next step installs from the lists, so that removing them here would break it):
        FROM debian:12.5-slim
        RUN apt-get update  # <- finding
        RUN apt-get install -y jq
    Good:
        FROM debian:12.5-slim
        RUN apt-get update \
            && apt-get install -y jq \
            && rm -rf /var/lib/apt/lists/*
    Bad (no fix: more than one step installs from them):
        FROM debian:12.5-slim
        RUN apt-get update  # <- finding
        RUN apt-get install -y jq
        RUN apt-get install -y curl
    Also good (a hook of apt removes them):
        FROM debian:12.5-slim
        COPY <<EOF /etc/apt/apt.conf.d/99clean
        APT::Update::Post-Invoke { "rm -rf /var/lib/apt/lists/* || true"; };
        EOF
        RUN apt-get update && apt-get install -y curl
    Also good (a script of the image cleans up):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && /usr/local/bin/docker-clean.sh
    Bad (nobody could tell which step made which layer):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl  # <- finding
        --- measured Dockerfile
        layers: [{instruction: RUN apt-get update, line: null, before: null, after: 90000000, change: added}]
        contents: {files: 3}
    Good:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
    Also good (the image that was built has none of them):
        --- Dockerfile
        FROM registry.example.org/base:1.4
        RUN apt-get update && apt-get install -y curl
        --- measured Dockerfile
        contents: {files: 3}
    Also good (many ways to say it):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/{apt,dpkg,cache,log}/
        RUN apt-get update && apt-get install -y curl && apt-get distclean
        RUN apt-get update && apt-get install -y curl && rm -rf /var/cache/apt /var/lib/apt
    Also good (a cache mount holds them):
        FROM debian:12.5-slim
        RUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update && apt-get install -y curl
    Also good (a cache mount on what the build says):
        FROM debian:12.5-slim
        ARG LISTS=/var/lib/apt
        RUN --mount=type=cache,target=$LISTS apt-get update && apt-get install -y curl
    Also good (this stage does not ship):
        FROM debian:12.5-slim AS build
        RUN apt-get update && apt-get install -y gcc
        FROM debian:12.5-slim
        COPY --from=build /app /app
    Also good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && apt-get clean && rm -rf /tmp/* /var/lib/apt/lists/* /var/tmp/*
        RUN apt-get update && apt-get install -y git; rm -r /var/lib/apt/lists
        RUN ["sh", "-c", "apt-get update && apt-get install -y \"jq\" && rm -rf /var/lib/apt/lists/*"]
        RUN apt-get update && apt-get install -y jq && find /var/lib/apt/lists -type f -delete
    """
    left = left_behind(dockerfile, facts, "apt-lists")
    relying_on = _Relying(dockerfile)
    for stage in dockerfile.shipped_stages:
        removed_from = lists_removed_by_hook_from(dockerfile, stage, facts)
        for instruction in stage.all("RUN"):
            update = next((c for c in instruction.package_commands if c.manager is APT and c.refreshes), None)
            if update is None or _removes_lists(instruction) or is_mounted(instruction, LISTS):
                continue
            size = left.by(instruction)
            if instruction.span.start >= removed_from or size == 0:
                continue
            relying = relying_on.after(stage, instruction)
            if relying is None:
                edit = appended(dockerfile, instruction, update.command, _REMOVAL)
                edits = [edit] if edit else []
            else:
                edits = _joined_with(dockerfile, stage, instruction, relying, relying_on)
            yield Problem(
                at=update.command.span,
                message=f"The package lists of {code(update.name)} stay in the image",
                subject=f"{stage.label} lists",
                why=f"They are {'some 20 to 50 MB' if size is None else format_bytes(size)} that are stale tomorrow; only the "
                "same `RUN` can keep them out of its layer.",
                advice=f"Line {relying.line} installs from these lists: join the two, and end the one `RUN` with "
                "`&& rm -rf /var/lib/apt/lists/*`."
                if relying
                else ended_with(instruction, _REMOVAL),
                evidence="So it was measured in the image that was built." if size else None,
                edits=edits,
            )


def _joined_with(
    dockerfile: Dockerfile, stage: Stage, update: Instruction, install: Instruction, relying_on: _Relying
) -> list[Edit]:
    """The update and the installation right behind it made one RUN, which removes the lists; nothing where others rely on
    them too."""
    following = next((i for i in stage.instructions if i.span.start > update.span.start), None)
    if following is not install or _removes_lists_anywhere(install) or relying_on.after(stage, install):
        return []
    edits = joined(dockerfile, [update, install])
    removal = appended(dockerfile, install, install.commands[-1], _REMOVAL) if edits else None
    if removal is None:
        return []
    if install.line == install.end_line:  # the joint has made it one of several lines
        line = f" {dockerfile.escape}{dockerfile.text.newline}   {removal.replacement}"
        removal = Edit(dockerfile.path, removal.span, line)
    return [*edits, removal]


def _removes_lists_anywhere(instruction: Instruction) -> bool:
    return any(removes(command, _LISTS) for command in instruction.commands)


class _Relying:
    """The RUNs that install without an update of their own, in a stage or one that is built from it."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._stages = dockerfile.stages
        self._of_stage: dict[int, list[Instruction]] = {}

    def after(self, stage: Stage, update: Instruction) -> Instruction | None:
        """The first of them behind an instruction."""
        if stage.index not in self._of_stage:
            self._of_stage[stage.index] = self._all(stage)
        found = self._of_stage[stage.index]
        at = bisect_right(found, update.span.start, key=lambda run: run.span.start)
        return found[at] if at < len(found) else None

    def _all(self, stage: Stage) -> list[Instruction]:
        reached = {stage.index}
        for each in self._stages[stage.index + 1 :]:
            if each.parent is not None and each.parent.index in reached:
                reached.add(each.index)
        return [run for s in self._stages if s.index in reached for run in s.all("RUN") if _installs_only(run)]


def _installs_only(run: Instruction) -> bool:
    """Whether what it does with apt begins with an installation."""
    calls = (c for c in run.package_commands if c.manager is APT and (c.refreshes or c.action is Action.INSTALL))
    first = next(calls, None)
    return first is not None and not first.refreshes


def _removes_lists(instruction: Instruction) -> bool:
    """Whether what comes after the last ``apt-get update`` removes the lists, or calls something that cleans up."""
    updates = [c for c in instruction.package_commands if c.manager is APT and c.refreshes]
    last = updates[-1].command.span.start
    if any(c.manager is APT and c.verb in ("distclean", "dist-clean") for c in instruction.package_commands):
        return True
    return any(removes(command, _LISTS) for command in instruction.commands if command.span.start > last)
