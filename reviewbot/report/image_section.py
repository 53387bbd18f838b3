"""The images' part of a Markdown report: the table of sizes, what weighs the most, and a chart of the layers."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.image.bytes import format_bytes
from reviewbot.image.model import ImageReport, ImageStatus, LayerChange, LayerDelta
from reviewbot.report import escape
from reviewbot.report.context import ReportContext
from reviewbot.report.sizes import has_grown_or_shrunk, heaviest, layer_words, measured, parts

_MOST_IMAGES = 20
_MOST_BARS = 16


def image_table(images: Sequence[ImageReport]) -> str:
    """One row an image: its size before and after, the difference, and the budgets it breaks."""
    if not images:
        return ""
    rows = ["| image | base | this change | difference |", "|---|---:|---:|---:|"]
    rows += [_row(image) for image in images[:_MOST_IMAGES]]
    if len(images) > _MOST_IMAGES:
        rows.append(f"| and {len(images) - _MOST_IMAGES} more | | | |")
    return "\n".join(rows)


def _row(image: ImageReport) -> str:
    name = escape.cell(escape.code(image.spec.name, 80))
    broken = "".join(f" ❌ {escape.cell(budget, 200)}" for budget in image.broken_budgets)
    size = image.size
    if image.status is not ImageStatus.MEASURED or size is None:
        state = "❌ does not build" if image.status is ImageStatus.FAILED else "not measured"
        reason = escape.cell(image.reason or (image.failure.message if image.failure else ""), 300)
        return f"| {name} | | {state}{f': {reason}' if reason else ''} |{broken} |"
    after = _size(size.after, size.compressed_after)
    if size.before is None or size.difference is None:
        return f"| {name} | | {after} |{broken} |"
    if has_grown_or_shrunk(size):
        difference = f"**{format_bytes(size.difference, sign=True)}**"
    else:
        difference = "unchanged" if not size.difference else format_bytes(size.difference, sign=True)
    return f"| {name} | {_size(size.before, size.compressed_before)} | {after} | {difference}{broken} |"


def _size(size: int, compressed: int | None) -> str:
    return format_bytes(size) + (f" ({format_bytes(compressed)} compressed)" if compressed is not None else "")


def heaviest_lines(images: Sequence[ImageReport], context: ReportContext) -> str:
    """The lines that changed the sizes the most, and how much of it came with the base image or is drift."""
    paragraphs = []
    for image in measured(images)[:_MOST_IMAGES]:
        said = [_layer(image, layer, context) for layer in heaviest(image, 3)]
        split = parts(image)
        if has_grown_or_shrunk(image.size) and split:
            said.append(", ".join(f"{name} {format_bytes(difference, sign=True)}" for name, difference in split))
        if said:
            lead = f"{escape.code(image.spec.name, 80)}: " if len(measured(images)) > 1 else ""
            paragraphs.append(lead + " · ".join(said))
    return "\n\n".join(paragraphs)


def _layer(image: ImageReport, layer: LayerDelta, context: ReportContext) -> str:
    instruction = f"{escape.code(layer.instruction, 70)} {layer_words(layer)}"
    if layer.line is None:
        return instruction
    path = image.spec.dockerfile
    place = escape.code(f"{path}:{layer.line}")
    address = context.address(path, layer.line, in_base=layer.change is LayerChange.REMOVED)
    return f"{escape.link(place, address) if address else place} {instruction}"


def layer_charts(images: Sequence[ImageReport]) -> str:
    """A folded chart for each image that has layers: bars for this change, a line for the base."""
    return "\n\n".join(chart for image in measured(images)[:4] if (chart := _chart(image)))


def _chart(image: ImageReport) -> str:
    size = image.size
    if size is None or not image.layers or not has_grown_or_shrunk(size):
        return ""
    bars = [("FROM", size.base_image_before, size.base_image_after)]
    bars += [
        (f"line {layer.line}" if layer.change is not LayerChange.REMOVED else "removed", layer.before, layer.after or 0)
        for layer in image.layers
        if layer.line is not None and max(layer.before or 0, layer.after or 0) > 0
    ]
    shown = {id(bar) for bar in sorted(bars[1:], key=lambda bar: -max(bar[1] or 0, bar[2]))[: _MOST_BARS - 1]}
    bars = [bars[0], *(bar for bar in bars[1:] if id(bar) in shown)]
    labels = ", ".join(f'"{number}. {name}"' if number else f'"{name}"' for number, (name, _, _) in enumerate(bars))
    chart = [
        "xychart-beta horizontal",
        f"  x-axis [{labels}]",
        '  y-axis "MB"',
        f"  bar [{', '.join(_megabytes(after) for _, _, after in bars)}]",
    ]
    words = "Bars: this change, in MB."
    if size.before is not None:
        chart.append(f"  line [{', '.join(_megabytes(before or 0) for _, before, _ in bars)}]")
        words = "Bars: this change, line: the base, in MB."
    title = f"What each instruction adds to {escape.code(image.spec.name, 80)}"
    return escape.folded(title, f"{words}\n\n{escape.fence(chart, 'mermaid')}")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f}"
