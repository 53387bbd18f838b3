"""Adding to YAML text without touching any other byte: each function says where to insert, and what.

Blocks are written as if at column 1, with two spaces a level, dashes indented, and ``\\n`` line ends. They come back
in the file's own style. An insertion stands at the end of the line that it follows, so that a comment there stays
where it is, and a file without a newline at its end keeps having none.
"""

from __future__ import annotations

from dataclasses import dataclass

from reviewbot.source.text import Span, Text
from reviewbot.source.yaml_nodes import Node


@dataclass(frozen=True)
class Style:
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


def into_mapping(text: Text, mapping: Node, block: str, style: Style) -> tuple[Span, str]:
    """Entries for the end of a block mapping. Raises ValueError where the mapping cannot take them."""
    if not mapping.is_mapping or mapping.is_flow or mapping.is_alias:
        raise ValueError("not a block mapping that is written here")
    if _keeps_blank_lines(mapping):
        raise ValueError("its last value takes the blank lines that follow")
    return _after(text, mapping.span.end, _reindent(block, column_of(text, mapping.span.start), style))


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
    written = text[sequence.span]
    if "\n" in written or not written.startswith("[") or written[:-1].rstrip().endswith(","):
        raise ValueError("not a sequence on one line")
    end = sequence.span.start + len(written[:-1].rstrip())
    return Span(end, end), f", {item}" if sequence.elements() else item


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
