"""YAML as it is written: nodes with exact spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from reviewbot.source.text import Span

Scalar = str | int | float | bool | None


class Node(Struct, frozen=True, eq=False):
    """One YAML node. ``value`` is a scalar, a tuple of Nodes, or a mapping of str to Entry.

    ``span`` covers exactly the node's own text, without its anchor and tag: for a scalar its quotes, for a block
    scalar its header up to the last line that is not blank, for a block collection from its first key or dash to
    the end of its last value, for a flow collection its brackets; where nothing is written, the empty span behind
    the colon, dash or tag. A node reached through an alias or a merge keeps the span of where it is written
    (``is_alias`` tells how it was reached), and shares its value with it.

    Nodes compare by identity: a value may be reached over more paths than anybody could walk.
    """

    value: Scalar | tuple[Node, ...] | Mapping[str, Entry]
    span: Span
    is_flow: bool = False
    is_alias: bool = False
    tag: str | None = None
    """An explicit tag such as ``!reset`` or ``!override``."""
    raw: str = ""
    """A scalar's text as written."""
    anchor: str | None = None
    """The name that aliases reach it by."""
    path: str = ""
    """The file that it is written in: that is where ``span`` counts."""

    def __repr__(self) -> str:
        """Without the value, for the same reason."""
        return f"Node({self.path!r}, {self.span})"

    @property
    def scalar(self) -> str | None:
        """A scalar as Compose would see it as a string; None for collections and null."""
        match self.value:
            case str():
                return self.value
            case bool():
                return "true" if self.value else "false"
            case int():
                return str(self.value)
            case float():
                return repr(self.value).removesuffix(".0")
            case _:
                return None

    def get(self, *keys: str) -> Node | None:
        """The node at a path of mapping keys; None where one is missing or not a mapping."""
        node = self
        for key in keys:
            entry = node.value.get(key) if isinstance(node.value, Mapping) else None
            if entry is None:
                return None
            node = entry.value
        return node

    def entry(self, key: str) -> Entry | None:
        """A mapping's entry of this key."""
        return self.value.get(key) if isinstance(self.value, Mapping) else None

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Entries of a mapping in order, what is merged in last; nothing for anything else."""
        if isinstance(self.value, Mapping):
            yield from self.value.items()

    def entries(self) -> Iterator[Entry]:
        """The same without their keys."""
        if isinstance(self.value, Mapping):
            yield from self.value.values()

    def elements(self) -> tuple[Node, ...]:
        """Items of a sequence; empty for anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, Mapping)

    @property
    def is_sequence(self) -> bool:
        return isinstance(self.value, tuple)


class Entry(Struct, frozen=True, eq=False):
    """A key and its value; ``merged`` marks one that came in through ``<<``.

    ``span`` is the whole entry: from the key to the end of its value (of the alias, where the value is one). Both
    spans count in the file that the value names.
    """

    key: str
    key_span: Span
    value: Node
    span: Span
    merged: bool = False


class Document(Struct, frozen=True, eq=False):
    """What a YAML file holds: ``root`` is its document's, or the first one's of several; ``more`` are the others'.

    ``comments`` are all its comments, from ``#`` to the end of the line; ``shared`` the spans of the nodes that
    an alias reaches: an edit inside one of them changes what the file says in several places.
    """

    root: Node
    comments: tuple[Span, ...]
    shared: tuple[Span, ...]
    more: tuple[Node, ...] = ()
