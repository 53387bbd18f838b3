"""The entries of a service's ``ports:``, in the short and the long syntax."""

from __future__ import annotations

import re

from msgspec import Struct

from reviewbot.source.compose import Service
from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Span
from reviewbot.source.yaml_nodes import Node

_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_EVERYWHERE = frozenset(("", "0.0.0.0", "::", "[::]", "*"))  # noqa: S104 - what is looked for
_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|\[?::1\]?|localhost")

Range = tuple[int, int]
"""First and last port, both included."""


class Port(Struct, frozen=True, eq=False):
    """One published port, variables with a default resolved.

    ``address`` is the host's address it is bound to (``""``: all of them; None where a variable without a default
    hides it). ``published`` is None where the engine chooses the port, ``target`` where it is not known.
    """

    node: Node
    address: str | None
    published: Range | None
    target: Range | None
    protocol: str
    is_long: bool
    hides_published: bool = False
    """Whether a port is published whose number a variable hides."""

    @property
    def span(self) -> Span:
        return self.node.span

    @property
    def is_on_all_interfaces(self) -> bool:
        return self.address is not None and self.address in _EVERYWHERE

    @property
    def is_local(self) -> bool:
        return self.address is not None and _LOOPBACK.fullmatch(self.address) is not None


def ports_of(service: Service) -> tuple[Port, ...]:
    """What a service's ``ports:`` publish; what is no port is left out."""
    node = service.get("ports")
    found = [_long_syntax(item) if item.is_mapping else _short_syntax(item) for item in node.elements()] if node else []
    return tuple(port for port in found if port is not None)


def _short_syntax(node: Node) -> Port | None:
    # YAML reads some ports as numbers: what was written counts.
    written = node.scalar if isinstance(node.value, str) else node.raw.strip()
    if not written:
        return None
    resolved = interpolate(written)
    whole, slash, protocol = (written if resolved is None else resolved).partition("/")
    parts = _split(whole)
    address = ":".join(parts[:-2])
    target = _range(parts[-1])
    if target is None and "$" not in parts[-1]:
        return None
    published = _range(parts[-2]) if len(parts) > 1 else None
    return Port(
        node,
        None if "$" in address or (resolved is None and len(parts) == 1) else address,
        published,
        target,
        protocol.lower() if slash else "tcp",
        is_long=False,
        hides_published=len(parts) > 1 and bool(parts[-2]) and published is None,
    )


def _long_syntax(node: Node) -> Port | None:
    address, published = _text(node, "host_ip"), _text(node, "published")
    target = _range(_text(node, "target") or "")
    if target is None and node.get("target") is None:
        return None
    return Port(
        node,
        None if address is not None and "$" in address else (address or ""),
        _range(published or ""),
        target,
        (_text(node, "protocol") or "tcp").lower(),
        is_long=True,
        hides_published=bool(published) and _range(published or "") is None,
    )


def _text(node: Node, key: str) -> str | None:
    value = node.get(key)
    if value is None or value.scalar is None:
        return None
    resolved = interpolate(value.scalar)
    return value.scalar if resolved is None else resolved


def _range(written: str) -> Range | None:
    match = _RANGE.fullmatch(written.strip())
    if match is None:
        return None
    first = int(match[1])
    last = int(match[2] or first)
    return (first, last) if 0 < first <= last < 65536 else None


def _split(written: str) -> list[str]:
    """Take the short syntax apart at its colons: not those within ``${}`` or ``[]``."""
    parts, depth = [""], 0
    for character in written:
        depth += (character in "{[") - (character in "}]" and depth > 0)
        if character == ":" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts
