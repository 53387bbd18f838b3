"""Adding to YAML text without touching any other byte: each function says where to insert, and what.

Blocks are written as if at column 1, with two spaces a level, dashes indented, and ``\\n`` line ends. They come back
in the file's own style. An insertion stands at the end of the line that it follows, so that a comment there stays
where it is, and a file without a newline at its end keeps having none.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from reviewbot.source.text import Span, Text
from reviewbot.source.yaml_nodes import Entry, Node


class Style(Struct, frozen=True):
    """How a file is indented: spaces per level of mappings, and of a dash below its key."""

    indent: int
    dash_indent: int


def style_of(root: Node, text: Text) -> Style:
    """The indentation that most of a file's block collections use: two spaces where there is none."""
    levels: dict[int, int] = {}
    dashes: dict[int, int] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        for entry in node.entries():
            if entry.merged or entry.value.is_alias or entry.value.is_flow:
                continue
            pending.append(entry.value)
            column = column_of(text, entry.key_span.start)
            if text.line_of(entry.value.span.start) == text.line_of(entry.key_span.start):
                continue
            step = column_of(text, entry.value.span.start) - column
            if entry.value.is_mapping and step > 0:
                levels[step] = levels.get(step, 0) + 1
            elif entry.value.is_sequence and step >= 0:
                dashes[step] = dashes.get(step, 0) + 1
        pending.extend(item for item in node.elements() if not item.is_alias and not item.is_flow)
    indent = max(levels, key=lambda step: (levels[step], -step), default=2)
    return Style(indent, max(dashes, key=lambda step: (dashes[step], -step), default=indent))


def column_of(text: Text, offset: int) -> int:
    """Characters before an offset in its line, from 0; a byte order mark does not count."""
    return text.position(offset)[1] - 1


def into_mapping(text: Text, mapping: Node, block: str, style: Style, order: Sequence[str] = ()) -> tuple[Span, str]:
    """Entries for a mapping: behind the last of its keys that ``order`` puts before the new one, else at its end.

    A flow mapping on one line takes a block of one line. Raises ValueError where the mapping cannot take them.
    """
    if not mapping.is_mapping or mapping.is_alias:
        raise ValueError("not a mapping that is written here")
    if mapping.is_flow:
        return _into_flow_mapping(text, mapping, block)
    before = _predecessor(text, mapping, block.partition(":")[0], order)
    if _keeps_blank_lines(before.value if before else mapping):
        raise ValueError("its value takes the blank lines that follow")
    column = column_of(text, mapping.span.start)
    end = before.span.end if before else mapping.span.end
    return _after(text, _behind_comments(text, end, column), _reindent(block, column, style))


def into_sequence(text: Text, sequence: Node, item: str) -> tuple[Span, str]:
    """One more item, given as one line of YAML, for the end of a sequence.

    Raises ValueError where the sequence cannot take it: one that an alias reaches, or that spans several lines in
    flow style.
    """
    if not sequence.is_sequence or sequence.is_alias:
        raise ValueError("not a sequence that is written here")
    if not sequence.is_flow:
        if _keeps_blank_lines(sequence):
            raise ValueError("its last item takes the blank lines that follow")
        return _after(text, sequence.span.end, [f"{' ' * column_of(text, sequence.span.start)}- {item}"])
    return _into_brackets(text, sequence, "[", item)


def into_section(text: Text, root: Node, section: str, block: str, style: Style) -> tuple[Span, str]:
    """Entries for a top-level mapping such as ``volumes``, which is made at the end of the file where it is missing.

    Raises ValueError where it is written in a form that cannot take them.
    """
    if not root.is_mapping or root.is_flow:
        raise ValueError("not a block mapping")
    entry = root.entry(section)
    column = column_of(text, root.span.start)
    if entry is None:
        return _new_section(text, root, _reindent(f"{section}:\n{_indented(block)}", column, style))
    if entry.merged or entry.value.is_alias or entry.value.anchor:
        raise ValueError("a section that stands elsewhere")
    if entry.value.value is None and entry.value.span.start == entry.value.span.end and entry.value.tag is None:
        return _after(text, entry.span.end, _reindent(block, column + style.indent, style))
    if entry.value.is_flow:
        raise ValueError("a section between brackets")
    return into_mapping(text, entry.value, block, style)


def removal_of(text: Text, mapping: Node, key: str) -> Span:
    """The whole lines of one entry of a block mapping, its comment at the end of the line included.

    Raises ValueError where the entry shares its lines with something else, is the mapping's only one, or stands
    elsewhere.
    """
    entry = mapping.entry(key)
    written = [other for other in mapping.entries() if not other.merged]
    if entry is None or entry.merged or mapping.is_flow or mapping.is_alias or len(written) < 2:
        raise ValueError("not an entry that can be taken out")
    first, last = text.lines_of(entry.span)
    lines = text.lines_span(first, last)
    before = text.content[lines.start : entry.span.start]
    after = text.content[entry.span.end : lines.end].strip()
    if before.strip(" ") or (after and not after.startswith("#")):
        raise ValueError("not alone on its lines")
    return lines


def removal_of_item(text: Text, sequence: Node, item: Node) -> Span:
    """What to delete to take one item out of a sequence: its lines, or it and a comma.

    Raises ValueError where it is the only one, shares its lines with something else, or stands elsewhere.
    """
    items = sequence.elements()
    if sequence.is_alias or len(items) < 2 or not any(other is item for other in items) or item.is_alias:
        raise ValueError("not an item that can be taken out")
    if sequence.is_flow:
        position = next(n for n, other in enumerate(items) if other is item)
        if position:
            between = text.content[items[position - 1].span.end : item.span.start]
            span = Span(items[position - 1].span.end, item.span.end)
        else:
            between = text.content[item.span.end : items[1].span.start]
            span = Span(item.span.start, items[1].span.start)
        if between.strip() != ",":
            raise ValueError("something else stands between the items")
        return span
    first, last = text.lines_of(item.span)
    lines = text.lines_span(first, last)
    before, after = text.content[lines.start : item.span.start], text.content[item.span.end : lines.end].strip()
    if before.strip() != "-" or (after and not after.startswith("#")):
        raise ValueError("not alone on its lines")
    return lines


def _predecessor(text: Text, mapping: Node, key: str, order: Sequence[str]) -> Entry | None:
    """The entry that a new key follows; None: at the end."""
    if key not in order:
        return None
    earlier = set(order[: order.index(key)])
    written = sorted((e for e in mapping.entries() if not e.merged), key=lambda entry: entry.span.start)
    following = [entry for entry in written if entry.key in earlier]
    return following[-1] if following and following[-1] is not written[-1] else None


def _behind_comments(text: Text, end: int, column: int) -> int:
    """Comments that are indented deeper than the mapping's keys belong to the entry above them."""
    line = text.line_of(max(end - 1, 0))
    while line < text.line_count:
        following = text.line_text(line + 1)
        if not following.lstrip(" ").startswith("#") or len(following) - len(following.lstrip(" ")) <= column:
            break
        line += 1
        end = text.line_span(line).start + len(text.line_text(line))
    return end


def _into_flow_mapping(text: Text, mapping: Node, block: str) -> tuple[Span, str]:
    if block.rstrip("\n").count("\n"):
        raise ValueError("several lines do not go between brackets")
    return _into_brackets(text, mapping, "{", block.rstrip("\n"))


def _into_brackets(text: Text, node: Node, bracket: str, item: str) -> tuple[Span, str]:
    written = text[node.span]
    if "\n" in written or not written.startswith(bracket) or written[:-1].rstrip().endswith(","):
        raise ValueError("not on one line")
    end = node.span.start + len(written[:-1].rstrip())
    is_filled = bool(node.elements()) or any(True for _ in node.items())
    return Span(end, end), f", {item}" if is_filled else item


def _new_section(text: Text, root: Node, lines: list[str]) -> tuple[Span, str]:
    newline = text.newline
    after = text.content[root.span.end :]
    if any(line.startswith(("...", "---")) for line in after.splitlines()):
        raise ValueError("the document ends before the file does")
    starts = [text.line_of(entry.key_span.start) for entry in root.entries() if not entry.merged]
    has_blank_lines = len(starts) < 2 or any(not text.line_text(line - 1).strip() for line in starts[1:])
    gap = newline if has_blank_lines else ""
    end = len(text.content)
    if not text.content.endswith("\n"):
        return Span(end, end), newline + gap + newline.join(lines)
    if after.endswith(("\n\n", "\n\r\n")):
        gap = ""
    return Span(end, end), gap + "".join(f"{line}{newline}" for line in lines)


def _keeps_blank_lines(node: Node) -> bool:
    """Whether a collection ends in a block scalar with ``+``: nothing can follow it without changing its value."""
    while True:
        written = [entry.value for entry in node.entries() if not entry.merged] or list(node.elements())
        if not written or written[-1].is_alias:
            header = node.raw.partition("\n")[0]
            return header.startswith(("|", ">")) and "+" in header.partition("#")[0]
        node = written[-1]


def _after(text: Text, offset: int, lines: list[str]) -> tuple[Span, str]:
    """Lines to insert behind the line that an offset stands in."""
    line = text.line_of(offset - 1)
    start = text.line_span(line).start
    end = start + len(text.line_text(line))
    return Span(end, end), "".join(f"{text.newline}{line}" for line in lines)


def _indented(block: str) -> str:
    return "".join(f"  {line}\n" for line in block.splitlines())


def _reindent(block: str, column: int, style: Style) -> list[str]:
    """A block's lines, its levels moved to where the file would have them."""
    levels = [(0, column)]
    lines = []
    for line in block.splitlines():
        content = line.lstrip(" ")
        written = len(line) - len(content)
        while levels[-1][0] > written:
            levels.pop()
        is_item = content.startswith("- ")
        if levels[-1][0] < written:
            levels.append((written, levels[-1][1] + (style.dash_indent if is_item else style.indent)))
        target = levels[-1][1]
        lines.append(" " * target + content if content else "")
        if is_item:
            levels.append((written + 2, target + 2))
    return lines
