"""The short syntax of ``volumes:`` and ``devices:``."""

from __future__ import annotations

from reviewbot.source.compose_mounts import is_path, split_mount
from reviewbot.source.compose_project.making import Made, made, with_items
from reviewbot.source.interpolation import interpolate
from reviewbot.source.yaml_nodes import Node

_PROPAGATIONS = frozenset(("private", "rprivate", "shared", "rshared", "slave", "rslave"))


def mounts(node: Node) -> Node:
    """All items in long syntax; one whose kind hangs on a variable stays as it is."""
    if not node.is_sequence:
        return node
    return with_items(node, (_long(item) for item in node.elements()))


def target_of(item: Node) -> str | None:
    """Where an item of ``volumes:`` or ``devices:`` is mounted, in either syntax."""
    if item.is_mapping:
        target = item.get("target")
        return target.scalar if target else None
    parts = split_mount(item.scalar or "")
    return parts[1] if len(parts) > 1 else parts[0]


def devices(node: Node) -> Node:
    if not node.is_sequence:
        return node
    return with_items(node, (_device(item) for item in node.elements()))


def _long(item: Node) -> Node:
    written = item.scalar
    if not written:
        return item
    resolved = interpolate(written)
    parts = split_mount(written if resolved is None else _escaped(resolved))
    if len(parts) == 1:
        return item if resolved is None else made({"type": "volume", "target": parts[0], "volume": {}}, item)
    source, target, options = parts[0], parts[1], [word for part in parts[2:] for word in part.split(",")]
    kind = is_path(source)
    if kind is None or not source or not target:
        return item
    value: dict[str, Made] = {"type": "bind" if kind else "volume", "source": source, "target": target}
    bind: dict[str, Made] = {"create_host_path": True} if kind else {}
    for option in options:
        if option in ("ro", "readonly"):
            value["read_only"] = True
        elif option in _PROPAGATIONS:
            bind["propagation"] = option
        elif option in ("z", "Z"):
            bind["selinux"] = option
    if bind:
        value["bind"] = bind
    if not kind:
        value["volume"] = {"nocopy": True} if "nocopy" in options else {}
    return made(value, item)


def _device(item: Node) -> Node:
    parts = (item.scalar or "").split(":")
    if item.scalar is None or len(parts) > len(_DEVICE) or "$" in item.scalar:
        return item
    source, target, permissions = (*parts, *_DEVICE[len(parts) :])
    return made({"source": source, "target": target or source, "permissions": permissions}, item)


_DEVICE = ("", "", "rwm")


def _escaped(resolved: str) -> str:
    return resolved.replace("$", "$$")
