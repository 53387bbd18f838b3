"""The mounts of a RUN: what is written into one does not become part of the layer."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.source.instruction import Instruction

_TARGETS = ("target", "dst", "destination")


class Mount(Struct, frozen=True):
    """One ``--mount``: its type, its target as written (variables unresolved), and all its fields."""

    type: str
    target: str
    fields: tuple[tuple[str, str], ...]

    @property
    def keeps_out_of_the_layer(self) -> bool:
        """Whether what is written there is no part of the layer."""
        return self.type in ("cache", "tmpfs", "bind")


def mounts_of(instruction: Instruction) -> tuple[Mount, ...]:
    """The mounts of an instruction, in order."""
    found = []
    for flag in instruction.flags_named("mount"):
        pairs = [field.partition("=") for field in (flag.value or "").split(",")]
        fields = tuple((key.strip().lower(), value) for key, _, value in pairs)
        target = next((value for key, value in fields if key in _TARGETS), "")
        found.append(Mount(dict(fields).get("type", "bind"), target, fields))
    return tuple(found)


def is_mounted(instruction: Instruction, *paths: str) -> bool:
    """Whether a cache or a tmpfs holds one of these folders: mounted on it, above it or within it."""
    return any(
        mount.type in ("cache", "tmpfs") and any(_meet(mount.target.rstrip("/"), path) for path in paths)
        for mount in mounts_of(instruction)
    )


def _meet(target: str, path: str) -> bool:
    # An empty target is the root, which cannot be mounted: it is a mistake. What a variable holds may be any folder.
    return bool(target) and (
        "$" in target or f"{path}/".startswith(f"{target}/") or f"{target}/".startswith(f"{path}/")
    )


def has_cache_mount(instruction: Instruction, *words: str) -> bool:
    """Whether the target or id of a cache mount has one of these words in it, or is a variable's."""
    for mount in mounts_of(instruction):
        if mount.type == "cache":
            named = f"{mount.target} {dict(mount.fields).get('id', '')}".lower()
            if "$" in mount.target or any(word in named for word in words):
                return True
    return False
