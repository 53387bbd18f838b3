"""Compose files: services as they are written, with the exact span of every key and value.

Effective values follow anchors and merges (``<<``) of the same file; the place is always where it was written.
"""

from __future__ import annotations

import bisect
import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from reviewbot.source.compose_keys import SERVICE_KEYS
from reviewbot.source.compose_mounts import Mount, read_mount, read_tmpfs
from reviewbot.source.interpolation import interpolate
from reviewbot.source.problem import SourceProblem
from reviewbot.source.reference import ImageReference, parse_reference
from reviewbot.source.text import Span, Text
from reviewbot.source.yaml_insert import (
    Style,
    into_mapping,
    into_section,
    into_sequence,
    removal_of,
    removal_of_item,
    style_of,
)
from reviewbot.source.yaml_nodes import Entry, Node, Scalar

if TYPE_CHECKING:
    from reviewbot.source.compose_schema.validate import SchemaError

__all__ = [
    "ComposeFile",
    "Entry",
    "EnvironmentVariable",
    "Mount",
    "Node",
    "Scalar",
    "Service",
    "environment_of",
    "interpolate",
    "parse_compose",
]

_PARTIAL_WORDS = frozenset(("override", "overrides", "overlay"))


class EnvironmentVariable(Struct, frozen=True, eq=False):
    """One variable of a service, from the map or the list form. ``value`` is None when it is passed through.

    ``value_span`` is the value's node with its quotes in the map form, and what follows the ``=``, within the
    item's quotes, in the list form (``in_list``).
    """

    name: str
    value: str | None
    span: Span
    """The whole list item or map entry."""
    value_span: Span | None
    in_list: bool = False
    is_quoted: bool = False
    """Whether the value, or the list item that holds it, is in quotes or a block scalar."""
    in_flow: bool = False
    """Whether it stands between brackets, where ``{`` and ``}`` need quotes."""
    path: str = ""
    """The file that it is written in."""


class Service(Struct, frozen=True, eq=False, dict=True):
    """One service, merges resolved."""

    name: str
    name_span: Span
    node: Node
    file: ComposeFile
    project_folder: str | None = None
    """Of a service as it runs: the folder that its relative paths count from (``""``: the root)."""

    def get(self, *keys: str) -> Node | None:
        return self.node.get(*keys)

    @property
    def folder(self) -> str:
        """The folder that its relative paths count from: where nothing else is known, that of its file."""
        return posixpath.dirname(self.file.path) if self.project_folder is None else self.project_folder

    @property
    def image(self) -> Node | None:
        return self.get("image")

    @property
    def image_reference(self) -> ImageReference | None:
        """What ``image:`` names, defaults of variables resolved; None where that is not known, or no reference."""
        written = self.image.scalar if self.image else None
        resolved = interpolate(written) if written else None
        return parse_reference(resolved) if resolved else None

    @property
    def is_built(self) -> bool:
        """Whether it is built here: its ``image:`` is then only the name that the result gets."""
        return self.node.get("build") is not None

    @cached_property
    def environment(self) -> tuple[EnvironmentVariable, ...]:
        """The variables of ``environment:``; ``env_file`` is not read."""
        return tuple(environment_of(self.get("environment")))

    def variable(self, name: str) -> EnvironmentVariable | None:
        """The variable of ``environment:`` with this name."""
        return next((variable for variable in self.environment if variable.name == name), None)

    @property
    def command(self) -> str:
        """The words of ``command:`` in one line, variables with a default resolved; empty where there is none."""
        node = self.get("command")
        words = [item.scalar or "" for item in node.elements()] or [node.scalar or ""] if node else []
        line = " ".join(words)
        resolved = interpolate(line)
        return line if resolved is None else resolved

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """What ``volumes:`` and ``tmpfs:`` mount."""
        volumes, tmpfs = self.get("volumes"), self.get("tmpfs")
        mounts = [read_mount(node) for node in volumes.elements()] if volumes else []
        if tmpfs:
            mounts += [read_tmpfs(node) for node in tmpfs.elements() or (tmpfs,)]
        return tuple(mount for mount in mounts if mount)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles it belongs to; without any it always runs."""
        node = self.get("profiles")
        return tuple(item.scalar for item in node.elements() if item.scalar) if node else ()

    @property
    def inherits(self) -> bool:
        """Whether parts of it live elsewhere, so that something missing here proves nothing.

        So it is with ``extends``, and where neither ``image`` nor ``build`` nor ``provider`` is given.
        """
        if self.node.get("extends"):
            return True
        return not any(self.node.entry(key) for key in ("image", "build", "provider"))


class ComposeFile(Struct, frozen=True, eq=False, dict=True):
    """A whole Compose file."""

    text: Text
    root: Node
    indent: int
    """Spaces per level, as the file itself uses them."""
    is_partial: bool = False
    """An override, or a file that says nowhere what is run: what is missing here may stand elsewhere."""
    comments: tuple[Span, ...] = ()
    """Every comment, from ``#`` to the end of the line."""
    shared: tuple[Span, ...] = ()
    """What aliases reach: an edit inside one of these changes what the file says in several places."""
    more: tuple[Node, ...] = ()
    """The documents after the first one: Compose lays each over those before it, as it does with files."""

    @property
    def path(self) -> str:
        return self.text.path

    @property
    def documents(self) -> tuple[Node, ...]:
        return (self.root, *self.more)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The services that are mappings; none in a file without ``services:``."""
        return tuple(_services(self))

    def service(self, name: str) -> Service | None:
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Service]:
        return {service.name: service for service in reversed(self.services)}

    @cached_property
    def awaited(self) -> Mapping[str, frozenset[str]]:
        """By a service's name: the conditions that others' ``depends_on`` waits for, such as ``service_healthy``."""
        conditions: dict[str, set[str]] = {}
        for service in self.services:
            depends_on = service.get("depends_on")
            for name, entry in depends_on.items() if depends_on else ():
                condition = entry.value.get("condition")
                if condition is not None and condition.scalar:
                    conditions.setdefault(name, set()).add(condition.scalar)
        return {name: frozenset(found) for name, found in conditions.items()}

    @cached_property
    def schema_errors(self) -> tuple[SchemaError, ...]:
        """What the Compose Specification's schema does not allow."""
        from reviewbot.source.compose_schema.validate import validate

        return tuple(error for document in self.documents for error in validate(document))

    @cached_property
    def style(self) -> Style:
        return style_of(self.root, self.text)

    def is_shared(self, span: Span) -> bool:
        """Whether an alias or a merge brings this place to other places too."""
        position = bisect.bisect_right(self._outermost_shared, span.start, key=lambda shared: shared.start) - 1
        return position >= 0 and self._outermost_shared[position].contains(span)

    @cached_property
    def _outermost_shared(self) -> list[Span]:
        outermost: list[Span] = []
        for span in sorted(self.shared, key=lambda shared: (shared.start, -shared.end)):
            if not outermost or not outermost[-1].contains(span):
                outermost.append(span)
        return outermost

    def insert_key(self, service: Service, block: str) -> tuple[Span, str]:
        """Where and what to insert to add keys to a service.

        ``block`` is written as if at column 1 with two spaces a level and ``\\n`` line ends; it comes back
        indented as the file is and with the file's line end. They follow the keys that people write before them
        (``SERVICE_KEYS``). Raises ValueError for a service reached through an alias, and for several lines in a
        flow mapping.
        """
        return into_mapping(self.text, service.node, block, self.style, SERVICE_KEYS)

    def insert_entry(self, mapping: Node, block: str) -> tuple[Span, str]:
        """The same for any block mapping of this file, such as a service's ``environment:``."""
        return into_mapping(self.text, mapping, block, self.style)

    def append_item(self, sequence: Node, item: str) -> tuple[Span, str]:
        """Where and what to insert to add one item (one line of YAML, without a dash) to a sequence.

        Raises ValueError for one reached through an alias, or written in brackets over several lines.
        """
        return into_sequence(self.text, sequence, item)

    def insert_into_section(self, section: str, block: str) -> tuple[Span, str]:
        """Where and what to insert to add entries to a top-level mapping such as ``volumes:``.

        Where the file has no such mapping, it is made at the file's end. Raises ValueError where it is written
        in a form that cannot take them.
        """
        return into_section(self.text, self.root, section, block, self.style)

    def removal_of_item(self, sequence: Node, item: Node) -> Span:
        """What to delete to take an item out of a sequence. Raises ValueError where that cannot be done."""
        return removal_of_item(self.text, sequence, item)

    def removal_of(self, mapping: Node, key: str) -> Span:
        """The lines to delete to take a key out of a block mapping. Raises ValueError where that cannot be done."""
        return removal_of(self.text, mapping, key)


def parse_compose(text: Text) -> ComposeFile:
    """Read a Compose file.

    Raises :class:`~reviewbot.source.problem.SourceProblem` with line and column; bounded in time and memory
    whatever the aliases and the nesting.
    """
    from reviewbot.source.yaml_reader import read_yaml  # only now: the YAML library takes its time to load

    document = read_yaml(text)
    root = document.root
    for each in (root, *document.more):
        # What comes after `---` has to be there; a whole file may be empty.
        if not each.is_mapping and (each.value is not None or document.more):
            raise SourceProblem("a Compose file is a mapping with `services:`", *text.position(each.span.start))
    return ComposeFile(
        text=text,
        root=root,
        indent=style_of(root, text).indent,
        is_partial=_is_partial(text.path, root),
        comments=document.comments,
        shared=document.shared,
        more=document.more,
    )


def environment_of(node: Node | None) -> Iterator[EnvironmentVariable]:
    """The variables of a node in Compose's map or list form: ``environment``, ``build.args``, ``labels``."""
    if node is None:
        return
    for name, entry in node.items():
        value = entry.value
        written = None if value.scalar is None else value.span
        quoted = value.raw.startswith(('"', "'", "|", ">"))
        yield EnvironmentVariable(name, value.scalar, entry.span, written, False, quoted, node.is_flow, value.path)
    for item in node.elements():
        if item.scalar is None:
            continue
        name, equals, value_text = item.scalar.partition("=")
        quoted = item.raw.startswith(('"', "'", "|", ">"))
        value_span = _behind_equals(item) if equals else None
        yield EnvironmentVariable(
            name, value_text if equals else None, item.span, value_span, True, quoted, node.is_flow, item.path
        )


def _behind_equals(item: Node) -> Span | None:
    position = item.raw.find("=")
    if position < 0:
        return None
    closing = 1 if item.raw.startswith(('"', "'")) else 0
    return Span(item.span.start + position + 1, item.span.end - closing)


def _services(file: ComposeFile) -> Iterator[Service]:
    for document in file.documents:
        services = document.get("services")
        for name, entry in services.items() if services else ():
            if entry.value.is_mapping:
                yield Service(name, entry.key_span, entry.value, file)


def _is_partial(path: str, root: Node) -> bool:
    words = path.rpartition("/")[2].replace("-", ".").replace("_", ".").lower().split(".")
    if _PARTIAL_WORDS.intersection(words):
        return True
    services = root.get("services")
    nodes = [entry.value for entry in services.entries()] if services else []
    runs = any(node.get(key) for node in nodes for key in ("image", "build", "extends", "provider"))
    return not (runs or root.get("include"))
