"""The short syntax of ``ports:``, such as ``127.0.0.1:8000-8001:80-81/tcp``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.source.compose_project.making import Made, made, with_items
from reviewbot.source.interpolation import interpolate
from reviewbot.source.yaml_nodes import Node

MOST_OF_A_RANGE = 512
"""Ports that one item is spread to; a longer range stays as it is written."""

_RANGE = re.compile(r"(?P<first>[0-9]{1,5})(?:-(?P<last>[0-9]{1,5}))?")
_LARGEST = 65535


class PortRange(Struct, frozen=True):
    """Ports ``first`` to ``last``."""

    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class PortMapping(Struct, frozen=True):
    """A short syntax taken apart: ``published`` is None where Docker chooses."""

    host_ip: str | None
    published: PortRange | None
    target: PortRange
    protocol: str

    def spread(self) -> Iterator[tuple[int, str | None]]:
        """Each port within the container with what publishes it: a range, where there are more of those."""
        for number in range(self.target.count):
            published = self.published
            if published is None:
                yield self.target.first + number, None
            elif self.target.count == 1:
                yield self.target.first, str(published)
            else:
                yield self.target.first + number, str(published.first + number)


def parse_port(written: str) -> PortMapping | None:
    """Take the short syntax apart, variables resolved; None for what is none."""
    address, slash, protocol = written.rpartition("/")
    if not slash:
        address, protocol = written, "tcp"
    before, _, target_text = address.rpartition(":")
    host, _, published_text = before.rpartition(":")
    target = _range(target_text)
    published = _range(published_text) if published_text else None
    if target is None or (published_text and published is None) or not protocol:
        return None
    if published is not None and published.count != target.count and target.count > 1:
        return None
    host = host.removeprefix("[").removesuffix("]")
    return PortMapping(host or None, published, target, protocol.lower())


def ports(node: Node) -> Node:
    """All items in long syntax; one that hangs on a variable, or that is not understood, stays as it is."""
    if not node.is_sequence:
        return node
    return with_items(node, (long for item in node.elements() for long in _long(item)))


def _long(item: Node) -> Iterator[Node]:
    written = item.scalar
    resolved = interpolate(written) if written is not None else None
    mapping = parse_port(resolved) if resolved else None
    if mapping is None or mapping.target.count > MOST_OF_A_RANGE:
        yield item
        return
    for target, published in mapping.spread():
        value: dict[str, Made] = {"mode": "ingress", "target": target, "protocol": mapping.protocol}
        if published is not None:
            value["published"] = published
        if mapping.host_ip is not None:
            value["host_ip"] = mapping.host_ip
        yield made(value, item)


def _range(written: str) -> PortRange | None:
    match = _RANGE.fullmatch(written)
    if match is None:
        return None
    first = int(match["first"])
    last = int(match["last"] or first)
    return PortRange(first, last) if first <= last <= _LARGEST else None
