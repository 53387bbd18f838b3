"""What a layer adds, and a later one takes away."""

from __future__ import annotations

import bisect
import fnmatch
import itertools
import re
from collections.abc import Iterable, Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.markdown import code
from reviewbot.rules.copied_files import Copied, copied_by
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import without_command
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.downloads import downloads_in
from reviewbot.source.package_managers import APK, APT, DNF, PIP, ZYPPER, Action
from reviewbot.source.text import Span

_LARGE = re.compile(
    r"\.(?:tar(?:\.\w+)?|t[gbx]z2?|zip|deb|rpm|apk|whl|jar|war|ear|gz|xz|bz2|zst|7z|iso|img|run|bin|exe|msi)$"
)
_NOTICEABLE = 500_000
"""Bytes below which a file is not worth a word."""
_MOST_ITEMS = 500
_MOST_PATTERNS = 500
_WRITING = frozenset(
    {"chmod", "chown", "mv", "sed", "patch", "gunzip", "gzip", "unxz", "xz", "bunzip2", "dos2unix", "tee"}
)


@rule(
    "removed-in-later-layer",
    title="Remove in the layer that adds",
    category=Category.SIZE,
    severity=Severity.WARNING,
    fixable=True,
)
def removed_in_later_layer(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Layers are only ever added. A file that one layer brings and a later one removes is still in the image, is pulled with
    it, and can be read by anybody who takes the layers apart. Only the instruction that adds something can
    keep it out.

    Fine in builder stages, which do not ship, and for files of the base image, which would be there otherwise.

    Bad (a file that is only needed by the next step: mount it):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY app.tar.gz /tmp/app.tar.gz
        RUN tar -xzf /tmp/app.tar.gz -C /opt && rm /tmp/app.tar.gz  # <- finding
    Good:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN --mount=type=bind,source=app.tar.gz,target=/tmp/app.tar.gz tar -xzf /tmp/app.tar.gz -C /opt
    Bad (downloaded in another layer):
        FROM debian:12.5-slim
        RUN curl -fsSL https://example.org/a.zip -o /tmp/a.zip
        RUN unzip /tmp/a.zip -d /opt && rm -rf /tmp/*  # <- finding
    Bad (packages in one layer, gone in the next):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y gcc libc6-dev
        RUN make && apt-get purge -y gcc  # <- finding
        RUN apk add --no-cache --virtual .build gcc
        RUN apk del .build  # <- finding
    Also good (a key: that it is copied at all is told by another rule):
        FROM debian:12.5-slim
        COPY id_rsa /root/.ssh/
        RUN git clone git@example.org:a.git && rm -rf /root/.ssh
    Also good (the same step; small files; the base image's; a cache):
        --- Dockerfile
        FROM nginx:1.25.4
        COPY setup.sh /tmp/
        RUN /tmp/setup.sh && rm /tmp/setup.sh /etc/nginx/conf.d/default.conf
        RUN curl -fsSL https://example.org/a.zip -o /tmp/a.zip && unzip /tmp/a.zip && rm /tmp/a.zip
        RUN apt-get update && apt-get install -y gcc && make && apt-get purge -y gcc
        RUN rm -rf /var/lib/apt/lists/* /tmp/*
        --- setup.sh
        #!/bin/sh
    Also good (this stage does not ship):
        FROM debian:12.5-slim AS build
        COPY app.tar.gz /tmp/
        RUN tar -xzf /tmp/app.tar.gz && rm /tmp/app.tar.gz
        FROM debian:12.5-slim
        COPY --from=build /app /app
    """
    added = _Added()
    packages: dict[tuple[str, str], Instruction] = {}
    for stage in dockerfile.shipped_stages:
        for instruction in stage.instructions:
            if instruction.keyword == "RUN":
                yield from _removed_files(dockerfile, stage, instruction, added)
                yield from _removed_packages(stage, instruction, packages)
                added.extend(_downloaded(instruction))
                packages |= dict.fromkeys(_installed(instruction), instruction)
            elif instruction.keyword in ("COPY", "ADD"):
                added.extend(copied_by(dockerfile, stage, instruction, facts))


class _Added:
    """What earlier layers brought, by path; only so many of them are kept, and so many patterns are tried."""

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._items: dict[str, Copied] = {}
        self._patterns = _MOST_PATTERNS

    def extend(self, items: Iterable[Copied]) -> None:
        for item in items:
            if item.path not in self._items and len(self._items) < _MOST_ITEMS:
                bisect.insort(self._paths, item.path)
                self._items[item.path] = item

    def taken_by(self, command: Command) -> list[Copied]:
        """What the operands of an ``rm`` remove."""
        return [self._items[path] for word in command.operands for path in self._matching(word.value)]

    def _matching(self, operand: str) -> Iterator[str]:
        start = re.split(r"[*?\[]", operand, maxsplit=1)[0]
        self._patterns -= start != operand
        if self._patterns < 0:
            return
        for path in itertools.islice(self._paths, bisect.bisect_left(self._paths, start.rstrip("/")), None):
            if not path.startswith(start.rstrip("/")):
                return
            if _covers(operand, path):
                yield path

    def forget(self, items: Iterable[Copied]) -> None:
        for path in {item.path for item in items}:
            self._paths.remove(path)
            del self._items[path]


def _removed_files(dockerfile: Dockerfile, stage: Stage, run: Instruction, added: _Added) -> Iterator[Problem]:
    for command in run.commands:
        if command.program != "rm":
            continue
        removed = added.taken_by(command)
        item = next((item for item in removed if _is_large(item)), None)
        if item is None:
            continue
        size = f" ({format_bytes(item.size)})" if item.size is not None else ""
        yield Problem(
            at=command.span,
            message=f"{code(item.path)} is removed here, and stays in the layer of line {item.instruction.line}{size}",
            subject=f"{stage.label} {item.path}",
            why="It is pulled with the image, and of no use in it.",
            advice="Add and remove it in one `RUN`, or give it to the step by `RUN --mount=type=bind,…`.",
            edits=_mounted(dockerfile, stage, run, command, item),
        )
        added.forget(removed)


def _covers(operand: str, path: str) -> bool:
    """Whether ``rm operand`` removes what is at a path."""
    operand = operand.rstrip("/") or "/"
    return operand != "/" and (
        path == operand
        or path.startswith(f"{operand}/")
        or fnmatch.fnmatchcase(path, operand)
        or (operand.endswith("/*") and path.startswith(operand[:-1]))
    )


def _is_large(item: Copied) -> bool:
    if item.size is not None:
        return item.size >= _NOTICEABLE
    return _LARGE.search(item.path) is not None


def _downloaded(run: Instruction) -> Iterator[Copied]:
    """Files that a RUN downloads to a place that it names, and leaves there."""
    for download in downloads_in(run.commands):
        names = ("-o", "--output") if download.program == "curl" else ("-O", "--output-document")
        for path in download.options.values(*names):
            gone = any(
                command.program == "rm" and any(_covers(word.value, path) for word in command.operands)
                for command in run.commands
            )
            if path.startswith("/") and "$" not in path and not gone and not path.startswith("/dev/"):
                yield Copied(run, path, None)


def _installed(run: Instruction) -> Iterator[tuple[str, str]]:
    """Packages, and groups of them, that a RUN installs and leaves, by manager and name."""
    removed = {name for call in run.package_commands if call.action is Action.REMOVE for name in call.packages}
    gone = {word.value for word in removed}
    for call in run.package_commands:
        if call.action is Action.INSTALL and call.manager in (APT, APK, DNF, ZYPPER, PIP):
            names = [*(word.value for word in call.packages if word.is_literal), *call.values("-t", "--virtual")]
            yield from ((call.manager.name, name.split("=")[0]) for name in names if name not in gone)


def _removed_packages(
    stage: Stage, run: Instruction, packages: dict[tuple[str, str], Instruction]
) -> Iterator[Problem]:
    for call in run.package_commands:
        if call.action is not Action.REMOVE:
            continue
        names = [(call.manager.name, word.value) for word in call.packages]
        found = [name for name in names if name in packages]
        if not found:
            continue
        shown = ", ".join(code(name) for _, name in found[:3])
        yield Problem(
            at=call.command.span,
            message=f"{shown}: removed here, and still in the layer of line {packages[found[0]].line}",
            subject=f"{stage.label} {call.manager.name} {found[0][1]}",
            why="The image does not get smaller by it.",
            advice="Install, use and remove them in one `RUN`, or use them in a builder stage.",
        )
        for name in found:
            del packages[name]


def _mounted(dockerfile: Dockerfile, stage: Stage, run: Instruction, remove: Command, item: Copied) -> list[Edit]:
    """A bind mount in place of the COPY before the RUN, where the RUN only reads the file."""
    copy, text = item.instruction, dockerfile.text
    position = stage.instructions.index(run)
    if position == 0 or stage.instructions[position - 1] is not copy or copy.keyword != "COPY" or copy.flags:
        return []
    source = copy.sources[0].value if len(copy.sources) == 1 and not copy.heredocs else "*"
    plain = not any(char in source + item.path for char in "*?[$,' \"\\")
    alone = [word.value for word in remove.operands] == [item.path]
    reading = [c for c in run.commands if any(item.path in word.value for word in c.arguments) and c is not remove]
    edit = without_command(dockerfile, run, remove)
    if not (plain and alone and reading and edit) or any(c.program in _WRITING for c in reading):
        return []
    if text[Span(copy.span.end, run.span.start)].strip() or (item.size is None and not _LARGE.search(source)):
        return []
    mount = f"--mount=type=bind,source={source.removeprefix('./')},target={item.path} "
    return [
        Edit(dockerfile.path, Span(copy.span.start, run.span.start), ""),
        Edit(dockerfile.path, Span(run.arguments.start, run.arguments.start), mount),
        edit,
    ]
