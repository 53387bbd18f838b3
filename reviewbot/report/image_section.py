"""The images' part of a Markdown report: the table of sizes, what weighs the most, and a chart of the layers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from msgspec import Struct

from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import LayerChange, LayerDelta
from reviewbot.report import escape
from reviewbot.report.context import ReportContext
from reviewbot.report.sizes import (
    has_grown_or_shrunk,
    heaviest,
    layer_words,
    measured,
    parts,
    rebuild_words,
    slowest,
    with_suggestions,
)
from reviewbot.report.wording import sentence

_MOST_IMAGES = 20
_MOST_BARS = 15
_MOST_NOTICES = 20
_ADDED, _SAVED, _KEPT = "#cf222e", "#2da44e", "#8c959f"


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
    mark = "❌" if image.budgets_fail else "⚠️"
    broken = "".join(f"<br>{mark} {escape.cell(budget, 200)}" for budget in image.broken_budgets)
    size = image.size
    if image.status is not ImageStatus.MEASURED or size is None:
        state = "❌ does not build" if image.status is ImageStatus.FAILED else "not measured"
        reason = escape.cell(image.reason or (image.failure.message if image.failure else ""), 300)
        return f"| {name} | | {state}{f': {reason}' if reason else ''} |{broken} |"
    about = "about " if size.compressed_is_estimate else ""
    after = _size(size.after, size.compressed_after, about)
    if size.before is None or size.difference is None:
        return f"| {name} | | {after} |{broken} |"
    if has_grown_or_shrunk(size):
        difference = f"**{format_bytes(size.difference, sign=True)}**"
    else:
        difference = "unchanged" if not size.difference else format_bytes(size.difference, sign=True)
    return f"| {name} | {_size(size.before, size.compressed_before, about)} | {after} | {difference}{broken} |"


def _size(size: int, compressed: int | None, about: str) -> str:
    return format_bytes(size) + (
        f"<br><sub>{about}{format_bytes(compressed)} compressed</sub>" if compressed is not None else ""
    )


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
    return f"{_place(image, layer.line, context, in_base=layer.change is LayerChange.REMOVED)} {instruction}"


def _place(image: ImageReport, line: int, context: ReportContext, in_base: bool = False) -> str:
    place = escape.code(f"{image.spec.dockerfile}:{line}")
    address = context.address(image.spec.dockerfile, line, in_base=in_base)
    return escape.link(place, address) if address else place


def how_measured(images: Sequence[ImageReport]) -> str:
    """What has to be known of the sizes: where the base's come from, and what could not be had."""
    said = [(image, notice) for image in images[:_MOST_IMAGES] for notice in image.notices]
    lines = [
        f"- {escape.code(image.spec.name, 80)}: {escape.inline(sentence(notice), 500)}"
        for image, notice in said[:_MOST_NOTICES]
    ]
    return "\n".join(("About the sizes:", "", *lines)) if lines else ""


def tried_suggestions(images: Sequence[ImageReport]) -> str:
    """What each image would weigh with the suggestions, where it was built with them."""
    said = [(image, words) for image in images[:_MOST_IMAGES] if (words := with_suggestions(image))]
    return " · ".join(f"{escape.code(image.spec.name, 80)} {words}" for image, words in said)


def rebuild_costs(images: Sequence[ImageReport], context: ReportContext) -> str:
    """What the next build of each image takes after a change of one file, and which lines take the most of it."""
    return "\n\n".join(_rebuild(image, context) for image in images[:_MOST_IMAGES] if image.rebuild)


def _rebuild(image: ImageReport, context: ReportContext) -> str:
    touched = escape.code(image.rebuild.path, 80) if image.rebuild else ""
    said = [f"{escape.code(image.spec.name, 80)} after a change of {touched}: {rebuild_words(image)}"]
    for step in slowest(image):
        place = f"{_place(image, step.line, context)} " if step.line is not None else ""
        said.append(f"{place}{escape.code(step.instruction, 70)} {step.seconds:.1f} s")
    return " · ".join(said)


def layer_charts(images: Sequence[ImageReport]) -> str:
    """A folded chart for each image whose size changed: what each layer kept, added and saved."""
    return "\n\n".join(chart for image in measured(images)[:4] if (chart := _chart(image)))


class _Bar(Struct):
    """What one instruction comes to, in bytes, before and after."""

    before: int = 0
    after: int = 0


def _chart(image: ImageReport) -> str:
    size = image.size
    if size is None or not image.layers or not has_grown_or_shrunk(size):
        return ""
    bars = _bars(image)
    highest = max(max(bar.before, bar.after) for bar in bars.values()) or 1
    series = [[bar.after for bar in bars.values()]]
    colors, words = [_KEPT], "MB of each instruction's layer."
    if size.before is not None:
        added = [bar.after if bar.after > bar.before else 0 for bar in bars.values()]
        saved = [bar.before if bar.before > bar.after else 0 for bar in bars.values()]
        kept = [min(bar.before, bar.after) for bar in bars.values()]
        series, colors = [added, saved, kept], [_ADDED, _SAVED, _KEPT]
        words = "MB of each instruction's layer: grey as before, red added, green saved."
    options = {
        "xyChart": {"height": 90 + 36 * len(bars)},
        "themeVariables": {"xyChart": {"plotColorPalette": ", ".join(colors)}},
    }
    chart = [
        f"%%{{init: {json.dumps(options)}}}%%",
        "xychart-beta horizontal",
        f"  x-axis [{', '.join(json.dumps(label) for label in bars)}]",
        f'  y-axis "MB" 0 --> {_megabytes(highest)}',
        *(f"  bar [{', '.join(map(_megabytes, sizes))}]" for sizes in series),
    ]
    title = f"What each instruction adds to {escape.code(image.spec.name, 80)}"
    return escape.folded(title, f"{words}\n\n{escape.fence(chart, 'mermaid')}")


def _bars(image: ImageReport) -> dict[str, _Bar]:
    """The base image and the largest layers, in the order of the Dockerfile, under labels that hold no text of it."""
    bars: dict[str, _Bar] = {}
    weighty = [layer for layer in image.layers if max(layer.before or 0, layer.after or 0) > 0]
    largest = sorted(weighty, key=lambda layer: -max(layer.before or 0, layer.after or 0))[:_MOST_BARS]
    if image.size is not None:
        bars["base image"] = _Bar(image.size.base_image_before or 0, image.size.base_image_after)
    for layer in weighty:
        if layer in largest:
            bar = bars.setdefault(_label(layer), _Bar())
            bar.before += layer.before or 0
            bar.after += layer.after or 0
    return bars


def _label(layer: LayerDelta) -> str:
    keyword = layer.instruction.split(" ", 1)[0]
    name = keyword if keyword in ("RUN", "COPY", "ADD", "WORKDIR") else "other"
    if layer.line is None:
        return name
    return f"{name}, {'base ' if layer.change is LayerChange.REMOVED else ''}line {layer.line}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f}"
