"""apk's index that stays in a layer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.clean_up import removes
from reviewbot.rules.measured import evidence_of, left_behind
from reviewbot.rules.options_in_variables import package_commands
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import with_flag, without_command
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.mounts import is_mounted
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import APK, Action

_FOLDERS = ("/var/cache/apk", "/etc/apk/cache")
_CACHE = re.compile(r"/var/cache(?:/apk)?(?:/.*)?\Z|/etc/apk/cache(?:/.*)?\Z")
_LEAVES_NOTHING = ("--no-cache", "-p", "--root", "--no-network", "--cache-dir")
_FRESH = ("-U", "--update", "--update-cache")


@rule(
    "apk-no-cache",
    title="Install with apk add --no-cache",
    category=Category.SIZE,
    severity=Severity.WARNING,
    aliases=(
        "DL3019",
        "DS-0025",
        "DKL-DI-0004",
        "missing-apk-no-cache",
        "ae9c56a6-3ed1-4ac0-9b54-31267f51151d",
    ),
    fixable=True,
)
def apk_no_cache(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""With `--no-cache` apk fetches the index, uses it and forgets it: always a fresh one, and nothing of it in the layer.
    Without it the index stays in the image with its megabytes, and is stale tomorrow.

    Fine with a cache mount, where the same `RUN` removes it, and in builder stages, which do not ship.

    Bad:
        FROM alpine:3.20
        RUN apk update && apk add curl jq  # <- finding
    Good:
        FROM alpine:3.20
        RUN apk add --no-cache curl jq
    Bad:
        FROM alpine:3.20
        RUN apk --update add \  # <- finding
            curl
        RUN apk add -U jq  # <- finding
    Good:
        FROM alpine:3.20
        RUN apk --no-cache add \
            curl
        RUN apk add --no-cache jq
    Bad (something else asks the index: it stays fetched):
        FROM alpine:3.20
        RUN apk update && apk search -e jq && apk add jq  # <- finding
    Good:
        FROM alpine:3.20
        RUN apk update && apk search -e jq && apk add --no-cache jq
    Bad (`--no-cache` forgets its own index alone, not the one that was fetched before):
        FROM alpine:3.20
        RUN apk update \  # <- finding
            && apk add --no-cache curl
        RUN apk update && apk upgrade --no-cache && apk add --no-cache jq  # <- finding
    Good:
        FROM alpine:3.20
        RUN apk add --no-cache curl
        RUN apk upgrade --no-cache && apk add --no-cache jq
    Bad (what builds is removed again, the index is not):
        FROM alpine:3.20
        RUN apk add -qU --virtual .build gcc && make && apk del .build  # <- finding
    Good:
        FROM alpine:3.20
        RUN apk add --no-cache -qU --virtual .build gcc && make && apk del .build
    Also good:
        FROM alpine:3.20
        RUN apk --no-cache add curl && apk add --no-cache --virtual .build gcc && apk del .build
        RUN apk update && apk add jq && rm -rf /var/cache/apk/*
        RUN apk update && apk add --no-cache jq && rm -rf /var/cache/apk/*
        RUN apk update --no-cache && apk add --no-cache jq
        RUN apk add --update git && rm -rf /tmp/* /var/cache/{apk,misc}
        RUN --mount=type=cache,target=/var/cache/apk apk add make
        RUN ln -s /var/cache/apk /etc/apk/cache && apk info
    Also good (the image that was built has nothing of it):
        --- Dockerfile
        FROM alpine:3.20
        RUN apk add --virtual .run libgcc
        --- measured Dockerfile
        contents: {files: 3}
    Also good (this stage does not ship; another root than the image's):
        FROM alpine:3.20 AS build
        RUN apk update && apk add gcc
        RUN apk add --root /rootfs --initdb busybox
        FROM scratch
        COPY --from=build /rootfs /
    """
    left = left_behind(dockerfile, facts, "apk-cache")
    for stage in dockerfile.shipped_stages:
        for instruction in stage.all("RUN"):
            keeping = [call for call in package_commands(dockerfile, instruction) if _keeps_index(call)]
            calls = keeping or _idle_updates(instruction)
            if not calls or _is_removed(instruction, calls[-1]) or is_mounted(instruction, *_FOLDERS):
                continue
            size = left.by(instruction)
            if size == 0:
                continue
            yield Problem(
                at=calls[0].command.span,
                message=_message(calls[0]),
                subject=f"{stage.label} {calls[0].identity}",
                why="The index is of use to apk alone, and stale tomorrow; with `--no-cache` no `apk update` is needed.",
                evidence=evidence_of(size),
                edits=_edits(dockerfile, instruction, calls),
            )


def _keeps_index(call: PackageCommand) -> bool:
    changing = call.manager is APK and call.action in (Action.INSTALL, Action.UPGRADE)
    return changing and not call.has(*_LEAVES_NOTHING)


def _idle_updates(instruction: Instruction) -> list[PackageCommand]:
    """Each ``apk update`` of a RUN in which all that is installed is installed with ``--no-cache``."""
    calls = [call for call in instruction.package_commands if call.manager is APK]
    if not any(call.action in (Action.INSTALL, Action.UPGRADE) and call.has("--no-cache") for call in calls):
        return []
    if any(call.action is Action.OTHER for call in calls):
        return []
    return [call for call in calls if call.action is Action.REFRESH and not call.has(*_LEAVES_NOTHING)]


def _message(call: PackageCommand) -> str:
    if call.action is Action.REFRESH:
        return f"{code(call.name)} leaves the package index in the image, and `--no-cache` uses none of it"
    return f"{code(call.name)} without `--no-cache` leaves the package index in the image"


def _is_removed(instruction: Instruction, after: PackageCommand) -> bool:
    return any(_empties(c) for c in instruction.commands if c.span.start > after.command.span.start)


def _empties(command: Command) -> bool:
    return removes(command, _CACHE) or (command.program == "apk" and command.subcommand == "cache")


def _edits(dockerfile: Dockerfile, instruction: Instruction, calls: list[PackageCommand]) -> list[Edit]:
    """``--no-cache`` for each call, in place of a flag that asks for a fresh index; ``apk update`` dropped."""
    edits = []
    for call in calls:
        if call.action is Action.REFRESH:
            continue
        fresh = next((o for o in call.options.named(*_FRESH) if o.words[0].raw == o.name), None)
        if fresh is not None:
            edits.append(Edit(dockerfile.path, fresh.words[0].span, "--no-cache"))
        else:
            edits.append(with_flag(dockerfile, call, "--no-cache"))
    asks_index = any(call.manager is APK and call.action is Action.OTHER for call in instruction.package_commands)
    for call in instruction.package_commands if not asks_index else ():
        if call.manager is APK and call.action is Action.REFRESH:
            edit = without_command(dockerfile, instruction, call.command)
            if edit is not None and len(instruction.commands) > 1:
                edits.append(edit)
    return edits
