"""The entries of a service's ``volumes:``, in the short and the long syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Span
from reviewbot.source.yaml_nodes import Node

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_READ_ONLY = re.compile(r"(?:^|,)(?:ro|readonly)(?:,|$)")


@dataclass(frozen=True, eq=False)
class Mount:
    """One entry of ``volumes:`` (or ``tmpfs:``): ``kind`` is bind, volume, anonymous, tmpfs or other.

    ``source`` and ``target`` have variables with a default resolved; one without a default stays as it is written,
    and where the source's kind hangs on it, ``kind`` is other.
    """

    kind: str
    source: str | None
    target: str
    read_only: bool
    span: Span


def read_mount(node: Node) -> Mount | None:
    """A mount from either syntax; None for what is neither."""
    if node.is_mapping:
        return _long_syntax(node)
    return _short_syntax(node.scalar, node.span) if node.scalar else None


def read_tmpfs(node: Node) -> Mount | None:
    """A path of ``tmpfs:``, whose options follow a colon; None for what is no path."""
    return Mount("tmpfs", None, node.scalar.partition(":")[0], False, node.span) if node.scalar else None


def _short_syntax(written: str, span: Span) -> Mount:
    parts = _split(written)
    if len(parts) == 1:
        whole = _resolved(written)
        # A variable may hold all of SOURCE:TARGET; its default tells.
        parts = _split(whole) if whole != written else parts
    if len(parts) == 1:
        return Mount("anonymous", None, _resolved(parts[0]), False, span)
    source, target, mode = _resolved(parts[0]), _resolved(parts[1]), ",".join(parts[2:])
    return Mount(_kind(source), source, target, bool(_READ_ONLY.search(_resolved(mode))), span)


def _long_syntax(node: Node) -> Mount:
    kind = _text(node, "type") or "volume"
    source = _text(node, "source") or _text(node, "src")
    target = _text(node, "target") or _text(node, "dst") or _text(node, "destination") or ""
    read_only = _text(node, "read_only") or _text(node, "readonly") or ""
    if kind == "volume" and source is None:
        kind = "anonymous"
    if kind not in ("bind", "volume", "anonymous", "tmpfs"):
        kind = "other"
    return Mount(kind, source, target, read_only.lower() == "true", node.span)


def _text(node: Node, key: str) -> str | None:
    value = node.get(key)
    return _resolved(value.scalar) if value and value.scalar is not None else None


def _resolved(written: str) -> str:
    resolved = interpolate(written)
    return written if resolved is None else resolved


def _split(written: str) -> list[str]:
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
    if source.startswith((".", "/", "~", "\\")) or _DRIVE.match(source):
        return "bind"
    if "$" not in source:
        return "volume"
    # The first path separator behind a variable means a path; a lone variable may be either.
    return "bind" if "/" in source or "\\" in source else "other"
