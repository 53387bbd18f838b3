"""Paths in Compose files: which lead where, within the repository and nowhere else."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from msgspec.structs import replace

from reviewbot.source.compose_project.making import with_entries, with_items
from reviewbot.source.yaml_nodes import Node

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|git@|github\.com/|oci:|docker-image:", re.I)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def is_remote(path: str) -> bool:
    """Whether a file or a context is to be fetched from somewhere."""
    return bool(_REMOTE.match(path))


def is_absolute(path: str) -> bool:
    return path.startswith(("/", "~", "\\\\")) or bool(_DRIVE.match(path))


def resolved(folder: str, path: str) -> str | None:
    """A path relative to a folder as one relative to the repository's root (``""``); None where it leads out of it."""
    if is_absolute(path) or "\0" in path:
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined == ".." or joined.startswith("../"):
        return None
    return "" if joined == "." else joined


def rebase_service(service: Node, old: str, new: str) -> Node:
    """A service that was written for one project folder, with its relative paths as they read from another one."""
    return service if old == new else _at(service, _SERVICE, _Move(old, new))


def rebase_root(root: Node, old: str, new: str) -> Node:
    """The same for a whole configuration."""
    return root if old == new else _at(root, _ROOT, _Move(old, new))


class _Move:
    def __init__(self, old: str, new: str) -> None:
        self.old = old
        self.new = new

    def __call__(self, path: str) -> str:
        """A path as it reads from the new folder; unchanged where it is absolute, remote, or a variable tells."""
        if not path or is_absolute(path) or is_remote(path) or path.startswith(("$", "service:")):
            return path
        moved = posixpath.relpath(posixpath.join("/", self.old, path), posixpath.join("/", self.new))
        outside = posixpath.normpath(posixpath.join(self.old, path))
        if outside.startswith(".."):
            # Above the repository's root no name is known: the way up is all that there is.
            moved = posixpath.join(*[".."] * len([part for part in self.new.split("/") if part]), outside)
        return moved if moved.startswith("..") else f"./{moved}" if moved != "." else "."


_Place = Callable[[Node, _Move], Node]


def _at(node: Node, places: dict[str, _Place], move: _Move) -> Node:
    """A mapping with paths moved in the values of these keys; ``*`` stands for every key."""
    if not node.is_mapping:
        return node
    entries = []
    for key, entry in node.items():
        place = places.get("*") or places.get(key)
        value = place(entry.value, move) if place else entry.value
        entries.append(entry if value is entry.value else replace(entry, value=value))
    return with_entries(node, entries)


def _path(node: Node, move: _Move) -> Node:
    written = node.scalar
    moved = move(written) if written is not None else None
    return node if moved == written else replace(node, value=moved)


def _within(places: dict[str, _Place]) -> _Place:
    return lambda node, move: _at(node, places, move)


def _each(place: _Place) -> _Place:
    return lambda node, move: (
        with_items(node, (place(item, move) for item in node.elements())) if node.is_sequence else node
    )


def _mount(node: Node, move: _Move) -> Node:
    kind = node.get("type")
    return _at(node, {"source": _path}, move) if kind is not None and kind.scalar == "bind" else node


_SERVICE: dict[str, _Place] = {
    "build": _within({"context": _path, "additional_contexts": _within({"*": _path}), "ssh": _within({"*": _path})}),
    "develop": _within({"watch": _each(_within({"path": _path}))}),
    "env_file": _each(_within({"path": _path})),
    "label_file": _each(_path),
    "volumes": _each(_mount),
}

_ROOT: dict[str, _Place] = {
    "services": _within({"*": _within(_SERVICE)}),
    "configs": _within({"*": _within({"file": _path})}),
    "secrets": _within({"*": _within({"file": _path})}),
}
