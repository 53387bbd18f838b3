"""Compose files: services as they are written, with the exact span of every key and value.

Effective values follow anchors and merges (``<<``) of the same file; the place is always where it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewbot.source.text import Span, Text

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Node:
    """One YAML node. ``value`` is a scalar, a tuple of Nodes, or a mapping of str to Entry.

    ``span`` covers exactly the node's own text: for a scalar its quotes, for a block collection from its first
    key or dash to the end of its last value, for a flow collection its brackets. A node reached through an
    alias or a merge keeps the span of where it is written (``is_alias`` tells how it was reached).
    """

    value: Scalar | tuple[Node, ...] | Mapping[str, Entry]
    span: Span
    is_flow: bool = False
    is_alias: bool = False
    tag: str | None = None
    """An explicit tag such as ``!reset`` or ``!override``."""
    raw: str = ""
    """A scalar's text as written."""

    @property
    def scalar(self) -> str | None:
        """A scalar as Compose would see it as a string; None for collections and null."""
        ...

    def get(self, *keys: str) -> Node | None:
        """The node at a path of mapping keys; None where one is missing or not a mapping."""
        ...

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Entries of a mapping in order; nothing for anything else."""
        ...

    def elements(self) -> tuple[Node, ...]:
        """Items of a sequence; empty for anything else."""
        ...


@dataclass(frozen=True)
class Entry:
    """A key and its value; ``merged`` marks one that came in through ``<<``.

    ``span`` is the whole entry: from the key to the end of its value.
    """

    key: str
    key_span: Span
    value: Node
    span: Span
    merged: bool = False


@dataclass(frozen=True)
class EnvironmentVariable:
    """One variable of a service, from the map or the list form. ``value`` is None when it is passed through."""

    name: str
    value: str | None
    span: Span
    """The whole list item or map entry."""
    value_span: Span | None


@dataclass(frozen=True)
class Mount:
    """One entry of ``volumes:``: ``kind`` is bind, volume, anonymous, tmpfs or other."""

    kind: str
    source: str | None
    target: str
    read_only: bool
    span: Span


@dataclass(frozen=True)
class Service:
    """One service, merges resolved."""

    name: str
    name_span: Span
    node: Node
    file: ComposeFile

    def get(self, *keys: str) -> Node | None:
        return self.node.get(*keys)

    @property
    def image(self) -> Node | None:
        return self.get("image")

    @property
    def environment(self) -> tuple[EnvironmentVariable, ...]: ...

    @property
    def mounts(self) -> tuple[Mount, ...]: ...

    @property
    def inherits(self) -> bool:
        """Whether parts of it live elsewhere (``extends``), so that something missing here proves nothing."""
        ...


@dataclass(frozen=True)
class ComposeFile:
    """A whole Compose file."""

    text: Text
    root: Node
    services: tuple[Service, ...]
    indent: int
    """Spaces per level, as the file itself uses them."""
    is_partial: bool = False
    """An override, or a file that includes others: what is missing here may stand elsewhere."""
    comments: tuple[Span, ...] = ()
    """Every comment, from ``#`` to the end of the line."""

    @property
    def path(self) -> str:
        return self.text.path

    def insert_key(self, service: Service, block: str) -> tuple[Span, str]:
        """Where and what to insert to add keys to a service.

        ``block`` is written as if at column 1 with two spaces a level and ``\\n`` line ends; it comes back
        indented as the file is and with the file's line end. Works for block style services only: raises
        ValueError for a flow mapping, or one reached through an alias.
        """
        ...


def interpolate(value: str, variables: Mapping[str, str] | None = None) -> str | None:
    """A value with ``${NAME:-default}`` and its kin resolved; None where a variable without default is unset."""
    ...


def parse_compose(text: Text) -> ComposeFile:
    """Read a Compose file.

    Raises :class:`~reviewbot.source.problem.SourceProblem` with line and column; bounded in time and memory
    whatever the aliases and the nesting.
    """
    ...
