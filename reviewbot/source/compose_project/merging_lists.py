"""Which items of a list mean the same thing, so that the later one takes the place of the earlier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reviewbot.source.compose_project.canonical_mounts import target_of
from reviewbot.source.yaml_nodes import Node

Identity = Callable[[Node], "str | None"]


def item_identities() -> Mapping[str, Identity]:
    """By the key of a service: what tells its items apart."""
    return {
        **dict.fromkeys(("cap_add", "cap_drop", "expose", "links", "profiles"), _word),
        **dict.fromkeys(("dns", "dns_opt", "dns_search", "tmpfs"), _key),
        **dict.fromkeys(("devices", "volumes"), target_of),
        "configs": lambda item: _target(item, ""),
        "env_file": lambda item: _text(item, "path"),
        "ports": _port,
        "secrets": lambda item: _target(item, "/run/secrets"),
    }


def distinct(items: Iterable[Node], identity: Identity) -> list[Node]:
    """Of items that mean the same the last one, in the place of the first; what has no identity stays."""
    found: dict[object, Node] = {}
    for item in items:
        key = identity(item)
        found[id(item) if key is None else key] = item
    return list(found.values())


def hosts(lower: Sequence[Node], upper: Sequence[Node]) -> Iterator[Node]:
    """A host may have several addresses: only what is said twice is dropped."""
    known = {item.scalar for item in lower}
    yield from lower
    yield from (item for item in upper if item.scalar not in known)


def _word(item: Node) -> str | None:
    return item.scalar


def _key(item: Node) -> str | None:
    return None if item.scalar is None else item.scalar.partition("=")[0]


def _text(item: Node, key: str) -> str | None:
    node = item.get(key)
    return node.scalar if node else None


def _target(item: Node, folder: str) -> str | None:
    source = _text(item, "source")
    return _text(item, "target") or (f"{folder}/{source}" if source is not None else None)


def _port(item: Node) -> str | None:
    if not item.is_mapping:
        return item.scalar
    host = _text(item, "host_ip") or "0.0.0.0"  # noqa: S104 - what Docker takes where none is given
    published, target, protocol = (_text(item, key) for key in ("published", "target", "protocol"))
    return f"{host}:{published}:{target}/{protocol or 'tcp'}"
