"""From a file's text to YAML nodes, with bounded work whatever the file holds.

Nothing is ever constructed from a tag, values that aliases reach are shared and not copied, and no function
calls itself along the nesting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Span, Text
from reviewbot.source.yaml_nodes import Document, Entry, Node
from reviewbot.source.yaml_quick import NotQuick, quick_events
from reviewbot.source.yaml_scalars import plain_scalar

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 100
MAX_MERGED_ENTRIES = 100_000
MAX_DOCUMENTS = 50

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*|#[^\r\n]*|\s+)*")
_COLON = re.compile(r"[ \t]*:")
_COMMENT = re.compile(r"(?<![^\s\ufeff,\[\]{}])#[^\r\n]*")


def read_yaml(text: Text) -> Document:
    """Read a file's YAML documents; the root of an empty one is null.

    Raises :class:`SourceProblem` for what is not YAML, and for what no Compose file may hold: a key given twice,
    an alias within itself, a merge of something else than mappings, nesting deeper than
    100 levels, more than 256 Ki characters.
    """
    if len(text.content) > MAX_CHARACTERS:
        raise SourceProblem(f"the file is longer than {MAX_CHARACTERS // 1024} Ki characters")
    try:
        return _composed(text, quick_events(text.content))
    except NotQuick:
        from reviewbot.source.yaml_careful import careful_events  # only now: it takes its time to load

        return _composed(text, careful_events(text))


def _composed(text: Text, events: Iterator[Any]) -> Document:
    composer = _Composer(text)
    for event in events:
        composer.take(event)
    return composer.document()


class _Frame(Struct):
    """A collection that is still open."""

    start: int
    is_mapping: bool
    is_flow: bool
    has_brackets: bool
    tag: str | None
    anchor: str | None
    end: int
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: Node | None = None
    is_merge_key: bool = False
    merge: Node | None = None
    merge_key_span: Span | None = None


class _Composer:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.position = 0
        self.roots: list[Node] = []
        self.frames: list[_Frame] = []
        self.anchors: dict[str, Node | None] = {}
        self.scalars: list[tuple[int, int]] = []
        self.shared: dict[Span, None] = {}
        self.merged_entries = 0
        self.documents = 0

    def document(self) -> Document:
        root = self.roots[0] if self.roots else Node(None, Span(0, 0), path=self.text.path)
        return Document(root, tuple(self._comments()), tuple(self.shared), tuple(self.roots[1:]))

    def take(self, event: Any) -> None:
        self.position = min(event.start_mark.index, len(self.text.content)) if event.start_mark else self.position
        match type(event).__name__:
            case "ScalarEvent":
                self._scalar(event)
            case "AliasEvent":
                self._alias(event)
            case "MappingStartEvent" | "SequenceStartEvent":
                self._open(event, is_mapping=type(event).__name__ == "MappingStartEvent")
            case "MappingEndEvent" | "SequenceEndEvent":
                self._close(event)
            case "DocumentStartEvent":
                self.documents += 1
                self.anchors = {}
                if self.documents > MAX_DOCUMENTS:
                    raise self._problem(f"more than {MAX_DOCUMENTS} YAML documents in one file", self.position)

    def _problem(self, message: str, offset: int) -> SourceProblem:
        return SourceProblem(message, *self.text.position(offset))

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor or event.tag:
            start = min(end, _end_of_properties(self.text.content, start))
        elif start == end:
            start = end = self._place_of_nothing(start)
        if event.style in ("|", ">"):
            end = _end_of_block_scalar(self.text.content, start, end, event.value)
            header_end = self.text.content.find("\n", start, end)
            self.scalars.append((header_end if header_end >= 0 else end, end))
        elif end > start:
            self.scalars.append((start, end))
        span = Span(start, end)
        is_plain = event.style is None and not (event.tag or "").endswith(":str")
        value = plain_scalar(event.value) if is_plain else event.value
        node = Node(value, span, tag=_tag(event), raw=self.text[span], anchor=event.anchor, path=self.text.path)
        self._anchored(node)
        self._add(node, start, end, is_plain_scalar=event.style is None)

    def _place_of_nothing(self, position: int) -> int:
        """Where a value that is not written stands; the library says where the next token begins."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or (frame.is_mapping and frame.key is None):
            return position
        if frame.is_mapping:
            colon = _COLON.match(self.text.content, frame.end, position)
            return colon.end() if colon else frame.end
        return position if self.text.content.startswith("-", position - 1) else frame.end

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise self._problem(f"the alias *{event.anchor} has no anchor above it", event.start_mark.index)
        target = self.anchors[event.anchor]
        if target is None:
            raise self._problem(f"the alias *{event.anchor} stands within its own anchor", event.start_mark.index)
        self.shared[target.span] = None
        self._add(replace(target, is_alias=True), event.start_mark.index, event.end_mark.index)

    def _open(self, event: Any, *, is_mapping: bool) -> None:
        content = self.text.content
        start = event.end_mark.index
        bracket = "{" if is_mapping else "["
        has_brackets = bool(event.flow_style) and start > 0 and content[start - 1] == bracket
        # The end mark is behind an opening bracket, and behind the dash of a sequence that is not indented.
        is_behind_dash = not event.flow_style and not is_mapping and content[start : start + 1] != "-"
        if has_brackets or is_behind_dash:
            start -= 1
        if len(self.frames) >= MAX_DEPTH:
            raise self._problem(f"nested deeper than {MAX_DEPTH} levels", start)
        if event.anchor:
            self.anchors[event.anchor] = None
        flow = bool(event.flow_style)
        self.frames.append(_Frame(start, is_mapping, flow, has_brackets, _tag(event), event.anchor, start))

    def _close(self, event: Any) -> None:
        frame = self.frames.pop()
        end = event.end_mark.index if frame.has_brackets else frame.end
        if frame.merge is not None:
            self._merge(frame)
        value = frame.entries if frame.is_mapping else tuple(frame.items)
        span = Span(frame.start, end)
        node = Node(value, span, frame.is_flow, tag=frame.tag, anchor=frame.anchor, path=self.text.path)
        self._anchored(node)
        self._add(node, frame.start, end)

    def _anchored(self, node: Node) -> None:
        if node.anchor:
            self.anchors[node.anchor] = node

    def _add(self, node: Node, start: int, end: int, *, is_plain_scalar: bool = False) -> None:
        """Put a finished node, which stands at ``start`` to ``end``, into the collection that is open."""
        if not self.frames:
            self.roots.append(node)
            return
        frame = self.frames[-1]
        frame.end = max(frame.end, end)
        if not frame.is_mapping:
            frame.items.append(node)
        elif frame.key is None:
            if isinstance(node.value, (tuple, dict)):
                raise self._problem("a mapping's key must be one word", start)
            frame.key = replace(node, span=Span(start, end))
            frame.is_merge_key = is_plain_scalar and node.value == "<<"
            # Where no value follows, the colon still belongs to the entry.
        else:
            self._add_entry(frame, frame.key, node, end)
            frame.key = None

    def _add_entry(self, frame: _Frame, key: Node, value: Node, end: int) -> None:
        name = "<<" if frame.is_merge_key else key.scalar or ""
        first = frame.merge_key_span if frame.is_merge_key else None
        if name in frame.entries:
            first = frame.entries[name].key_span
        if first is not None:
            line = self.text.line_of(first.start)
            raise self._problem(f"the key {name[:80]!r} is already given in line {line}", key.span.start)
        if frame.is_merge_key:
            frame.merge, frame.merge_key_span = value, key.span
            return
        entry_end = max(end, key.span.end)
        frame.entries[name] = Entry(name, key.span, value, Span(min(key.span.start, entry_end), entry_end))

    def _merge(self, frame: _Frame) -> None:
        """Take over what ``<<`` names; a mapping's own keys win, then those of the mapping named first."""
        assert frame.merge is not None and frame.merge_key_span is not None  # noqa: S101
        sources = frame.merge.value if isinstance(frame.merge.value, tuple) else (frame.merge,)
        distinct = {id(source.value): source for source in sources}
        for source in distinct.values():
            if not isinstance(source.value, dict):
                raise self._problem("`<<` takes a mapping or a list of mappings", frame.merge_key_span.start)
            self.merged_entries += len(source.value)
            if self.merged_entries > MAX_MERGED_ENTRIES:
                raise self._problem("too many merges of large mappings", frame.merge_key_span.start)
            for key, entry in source.value.items():
                if key not in frame.entries:
                    frame.entries[key] = entry if entry.merged else replace(entry, merged=True)

    def _comments(self) -> Iterator[Span]:
        content = self.text.content
        position = 0
        for start, end in [*sorted(self.scalars), (len(content), len(content))]:
            for match in _COMMENT.finditer(content, position, start):
                yield Span(*match.span())
            position = max(position, end)


def _tag(event: Any) -> str | None:
    return str(event.tag) if event.tag else None


def _end_of_properties(content: str, start: int) -> int:
    """Where a node begins that has an anchor or a tag before it."""
    match = _PROPERTIES.match(content, start)
    return match.end() if match else start


def _end_of_block_scalar(content: str, start: int, end: int, value: str) -> int:
    """Cut off the line ends and blank lines that follow a literal or folded scalar."""
    ends_in_space = value.rstrip("\n").endswith((" ", "\t"))
    while True:
        end = start + len(content[start:end].rstrip("\r\n"))
        line_start = content.rfind("\n", start, end) + 1
        if line_start <= start or content[line_start:end].strip(" \t"):
            return end
        if ends_in_space:
            return end
        end = line_start
