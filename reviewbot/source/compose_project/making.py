"""Nodes made of other nodes: they stand where those stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from reviewbot.source.text import Span
from reviewbot.source.yaml_nodes import Entry, Node, Scalar

Made = Node | Scalar | tuple["Made", ...] | Mapping[str, "Made"]


def made(value: Made, at: Node) -> Node:
    """A node of this value in the place of another one; what is a node already keeps its own place."""
    if isinstance(value, Node):
        return value
    if isinstance(value, Mapping):
        return replace(at, value={key: entry_of(key, made(item, at), at) for key, item in value.items()}, tag=None)
    if isinstance(value, tuple):
        return replace(at, value=tuple(made(item, at) for item in value), tag=None)
    return replace(at, value=value, tag=None)


def entry_of(key: str, value: Node, at: Node) -> Entry:
    """An entry whose key is written nowhere: it stands where the value's owner does."""
    place = at.span if value.path == at.path else value.span
    return Entry(key, place, value, place)


def with_entries(mapping: Node, entries: Iterable[Entry]) -> Node:
    return replace(mapping, value={entry.key: entry for entry in entries})


def with_items(sequence: Node, items: Iterable[Node]) -> Node:
    return replace(sequence, value=tuple(items))


def with_value(entry: Entry, value: Node) -> Entry:
    """The same key with another value, which may stand in another file: then the key stands there too."""
    if value is entry.value:
        return entry
    if value.path != entry.value.path:
        return Entry(entry.key, value.span, value, value.span, entry.merged)
    return replace(entry, value=value)


def part_of(scalar: Node, start: int, end: int, value: str) -> Node:
    """A part of a scalar's value as a node of its own, spanned exactly where the value stands in the text as it reads.

    Where escapes or line breaks make text and value differ, the whole scalar is the place.
    """
    written = scalar.scalar or ""
    offset = scalar.raw.find(written) if written else -1
    if offset < 0:
        return replace(scalar, value=value, tag=None, anchor=None)
    first = scalar.span.start + offset + start
    return replace(
        scalar,
        value=value,
        span=Span(first, scalar.span.start + offset + end),
        raw=written[start:end],
        tag=None,
        anchor=None,
    )
