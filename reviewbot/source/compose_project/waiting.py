"""``depends_on`` in full: what nobody said of a condition is what Compose takes."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from reviewbot.source.compose_project.making import entry_of, made, with_entries
from reviewbot.source.yaml_nodes import Entry, Node, Scalar

_DEFAULTS: dict[str, Scalar] = {"condition": "service_started", "required": True}


def with_conditions(root: Node) -> Node:
    """Every dependency of every service with ``condition`` and ``required``."""
    return _changed(root, "services", _all_services)


def _all_services(services: Node) -> Node:
    entries = []
    for entry in services.entries():
        value = _changed(entry.value, "depends_on", _all_dependencies)
        entries.append(entry if value is entry.value else replace(entry, value=value))
    return with_entries(services, entries)


def _all_dependencies(depends_on: Node) -> Node:
    return with_entries(depends_on, map(_dependency, depends_on.entries()))


def _dependency(entry: Entry) -> Entry:
    if not entry.value.is_mapping:
        return entry
    given = dict(entry.value.items())
    added = {
        key: entry_of(key, made(value, entry.value), entry.value)
        for key, value in _DEFAULTS.items()
        if key not in given
    }
    return replace(entry, value=with_entries(entry.value, {**given, **added}.values())) if added else entry


def _changed(node: Node, key: str, change: Callable[[Node], Node]) -> Node:
    entry = node.entry(key)
    if entry is None or not entry.value.is_mapping:
        return node
    value = change(entry.value)
    return with_entries(node, {**dict(node.items()), key: replace(entry, value=value)}.values())
