"""The entries of a service's ``volumes:``, in the short and the long syntax."""

from __future__ import annotations

import re

from msgspec import Struct

from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Span
from reviewbot.source.yaml_nodes import Node

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_READ_ONLY = re.compile(r"(?:^|,)(?:ro|readonly)(?:,|$)")


class Mount(Struct, frozen=True, eq=False):
    """One entry of ``volumes:`` (or ``tmpfs:``): ``kind`` is bind, volume, anonymous, tmpfs or other.

    ``source`` and ``target`` have variables with a default resolved; one without a default stays as it is written,
    and where the source's kind hangs on it, ``kind`` is other.
    """

    kind: str
    source: str | None
    target: str
    read_only: bool
    span: Span
    path: str = ""
    """The file that it is written in."""


def read_mount(node: Node) -> Mount | None:
    """A mount from either syntax; None for what is neither."""
    if node.is_mapping:
        return _long_syntax(node)
    return _short_syntax(node.scalar, node) if node.scalar else None


def read_tmpfs(node: Node) -> Mount | None:
    """A path of ``tmpfs:``, whose options follow a colon; None for what is no path."""
    return Mount("tmpfs", None, node.scalar.partition(":")[0], False, node.span, node.path) if node.scalar else None


def _short_syntax(written: str, node: Node) -> Mount:
    parts = split_mount(written)
    if len(parts) == 1:
        whole = _resolved(written)
        # A variable may hold all of SOURCE:TARGET; its default tells.
        parts = split_mount(whole) if whole != written else parts
    if len(parts) == 1:
        return Mount("anonymous", None, _resolved(parts[0]), False, node.span, node.path)
    source, target, mode = _resolved(parts[0]), _resolved(parts[1]), ",".join(parts[2:])
    return Mount(_kind(source), source, target, bool(_READ_ONLY.search(_resolved(mode))), node.span, node.path)


def _long_syntax(node: Node) -> Mount:
    kind = _text(node, "type") or "volume"
    source = _text(node, "source") or _text(node, "src")
    target = _text(node, "target") or _text(node, "dst") or _text(node, "destination") or ""
    read_only = _text(node, "read_only") or _text(node, "readonly") or ""
    if kind == "volume" and source is None:
        kind = "anonymous"
    if kind not in ("bind", "volume", "anonymous", "tmpfs"):
        kind = "other"
    return Mount(kind, source, target, read_only.lower() == "true", node.span, node.path)


def _text(node: Node, key: str) -> str | None:
    value = node.get(key)
    return _resolved(value.scalar) if value and value.scalar is not None else None


def _resolved(written: str) -> str:
    resolved = interpolate(written)
    return written if resolved is None else resolved


def split_mount(written: str) -> list[str]:
    """Take the short syntax apart at its colons: not those within ``${}``, nor that of a Windows drive."""
    parts: list[str] = []
    start = position = depth = 0
    while position < len(written):
        character = written[position]
        if written.startswith("${", position):
            depth += 1
            position += 1
        elif character == "}" and depth:
            depth -= 1
        elif character == ":" and not depth and not (position - start == 1 and _DRIVE.match(written, start)):
            parts.append(written[start:position])
            start = position + 1
        position += 1
    parts.append(written[start:])
    return parts


def _kind(source: str) -> str:
    match is_path(source):
        case True:
            return "bind"
        case False:
            return "volume"
        case _:
            return "other"


def is_path(source: str) -> bool | None:
    """Whether a mount's source is a path of the host, rather than a volume's name; None where a variable decides."""
    if source.startswith((".", "/", "~", "\\")) or _DRIVE.match(source):
        return True
    if "$" not in source:
        return False
    # The first path separator behind a variable means a path; a lone variable may be either.
    return True if "/" in source or "\\" in source else None
