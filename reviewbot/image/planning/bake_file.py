"""Bake files: which those are, which targets they name, and what ``docker buildx bake --print`` says of them.

What it prints is JSON of the shape that Docker documents in its "Bake file reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

BAKE_NAMES = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
"""What ``bake`` looks for in its folder, in the order in which one is laid over the other."""

MOST_TARGETS = 200

_BLOCK = re.compile(r'^[ \t]*target[ \t]+"?([A-Za-z0-9_-]{1,200})"?[ \t]*\{', re.MULTILINE)
_INHERITS = re.compile(r"^[ \t]*inherits[ \t]*=[ \t]*\[([^\]]{0,2000})\]", re.MULTILINE)
_NAME = re.compile(r'"([A-Za-z0-9_-]{1,200})"')
_IMAGES = frozenset({"image", "docker", "registry", "oci"})
"""Outputs that are images; ``local``, ``tar`` and ``cacheonly`` are files, or nothing."""


class BakeProblem(Exception):
    """Why bake files tell nothing: what was said of them, and where, as far as that is known."""

    def __init__(self, message: str, path: str, line: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


class Target(msgspec.Struct, frozen=True, rename="kebab"):
    """A target as it is printed: inherited, with its variables resolved."""

    context: str | None = None
    contexts: dict[str, str] | None = None
    dockerfile: str | None = None
    dockerfile_inline: str | None = None
    args: dict[str, str | None] | None = None
    target: str | None = None
    platforms: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    output: tuple[str | dict[str, Any], ...] | None = None
    entitlements: tuple[str, ...] | None = None

    @property
    def makes_image(self) -> bool:
        return not self.output or any(_kind(output) in _IMAGES for output in self.output)


class Group(msgspec.Struct, frozen=True):
    targets: tuple[str, ...] = ()


class Printed(msgspec.Struct, frozen=True):
    """What ``bake --print`` prints: the targets that were asked for, and those they are built from."""

    group: dict[str, Group] = {}
    target: dict[str, Target] = {}

    def members(self, name: str) -> Iterator[str]:
        """The targets of a group or a target's own name, groups within groups as well; each once, in order.

        A group that names itself means the target of that name: newer versions print so what was asked for as ``default``.
        """
        groups: set[str] = set()
        targets: set[str] = set()
        waiting = [name]
        while waiting:
            each = waiting.pop(0)
            group = self.group.get(each)
            if group is not None and each not in groups:
                groups.add(each)
                waiting = [*group.targets, *waiting]
            elif each in self.target and each not in targets and (group is None or each in group.targets):
                targets.add(each)
                yield each


def read_printed(output: bytes) -> Printed | None:
    """What was printed; None for what is of another shape."""
    try:
        return msgspec.json.decode(output, type=Printed)
    except (msgspec.DecodeError, RecursionError):
        return None


class Names(msgspec.Struct, frozen=True):
    """Targets that a file writes down, in order, and those that others of them are made from."""

    targets: tuple[str, ...] = ()
    inherited: frozenset[str] = frozenset()


class _JsonTarget(msgspec.Struct):
    inherits: tuple[str, ...] | None = None


class _JsonFile(msgspec.Struct):
    target: dict[str, _JsonTarget] = {}


def names_in(path: str, content: str) -> Names:
    """The targets of a bake file, by its looks: what it means is the builder's to say."""
    if path.endswith(".json"):
        try:
            found = msgspec.json.decode(content.encode("utf-8", "replace"), type=_JsonFile).target
        except (msgspec.DecodeError, RecursionError):
            return Names()
        inherited = {name for target in found.values() for name in target.inherits or ()}
        return Names(tuple(found)[:MOST_TARGETS], frozenset(inherited))
    targets = dict.fromkeys(match[1] for match in _BLOCK.finditer(content))
    inherited = {name for match in _INHERITS.finditer(content) for name in _NAME.findall(match[1])}
    return Names(tuple(targets)[:MOST_TARGETS], frozenset(inherited))


def is_bake_file(path: str) -> bool:
    return path.rpartition("/")[2] in BAKE_NAMES


def as_definition(targets: Mapping[str, Target]) -> bytes:
    """Targets as a bake file of their own, all of them in the group ``default``."""
    group = {"default": {"targets": list(targets)}}
    plain = {
        name: {key: value for key, value in msgspec.to_builtins(target).items() if value is not None}
        for name, target in targets.items()
    }
    return msgspec.json.encode({"group": group, "target": plain})


def _kind(output: str | Mapping[str, Any]) -> str:
    """An output's type; a mere path is a local folder."""
    if not isinstance(output, str):
        return str(output.get("type", ""))
    fields = dict(part.partition("=")[::2] for part in output.split(","))
    return fields.get("type", "local")
