"""What the report for a terminal says of an image."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import LayerChange
from reviewbot.report import escape
from reviewbot.report.contents_section import contents_words
from reviewbot.report.image_facts import image_facts
from reviewbot.report.screen import Screen
from reviewbot.report.sizes import has_grown_or_shrunk, parts, rebuild_words, slowest, with_suggestions
from reviewbot.report.width import cut
from reviewbot.report.wording import sentence


def image_lines(image: ImageReport, screen: Screen) -> Iterator[str]:
    name = screen.styled(f"image {escape.terminal(image.spec.name)}", "bold")
    size = image.size
    if image.status is not ImageStatus.MEASURED or size is None:
        state = screen.styled("does not build", "error") if image.status is ImageStatus.FAILED else "not measured"
        yield f"{name}  {state}"
        yield from screen.wrapped(sentence(image.reason or (image.failure.message if image.failure else "")))
        return
    sizes = format_bytes(size.after)
    if size.before is not None and size.difference is not None:
        style = "bold" if has_grown_or_shrunk(size) else "dim"
        sizes = f"{format_bytes(size.before)} → {sizes}  {screen.styled(format_bytes(size.difference, True), style)}"
    yield f"{name}  {escape.terminal(image.platform)}  {sizes}"
    yield from _layers(image, screen)
    split = ", ".join(f"{part} {format_bytes(difference, True)}" for part, difference in parts(image))
    yield from screen.wrapped(split)
    yield from screen.wrapped(contents_words(image))
    for label, fact in image_facts(image):
        yield from screen.wrapped(fact, f"  {label:<9} ")
    yield from screen.wrapped(sentence(with_suggestions(image)))
    yield from _rebuild(image, screen)
    for budget in image.broken_budgets:
        yield f"  {screen.styled('over budget', 'error' if image.budgets_fail else 'warning')}  {escape.terminal(budget)}"
    for notice in image.notices:
        yield from screen.wrapped(sentence(notice))


def _rebuild(image: ImageReport, screen: Screen) -> Iterator[str]:
    if image.rebuild is None:
        return
    yield from screen.wrapped(f"after a change of {image.rebuild.path}, {rebuild_words(image)}")
    for step in slowest(image):
        place = f"line {step.line}" if step.line is not None else ""
        row = f"  {place:<9} {step.seconds:>7.1f} s"
        told = escape.terminal(step.instruction[: 2 * screen.width])
        yield f"{row}  {cut(told, screen.width - len(row) - 2)}".rstrip()


def _layers(image: ImageReport, screen: Screen) -> Iterator[str]:
    size = image.size
    rows = []
    if size is not None and (size.base_image_before or size.base_image_after):
        rows = [("FROM", size.base_image_before, size.base_image_after, LayerChange.SAME, "base image")]
    for layer in image.layers:
        if layer.before or layer.after:
            place = f"line {layer.line}" if layer.line and layer.change is not LayerChange.REMOVED else ""
            rows.append((place, layer.before, layer.after or 0, layer.change, layer.instruction))
    compares = size is not None and size.before is not None
    for place, before, after, change, instruction in rows:
        difference = format_bytes(after - (before or 0), True) if compares and after != (before or 0) else ""
        word = "" if change is LayerChange.SAME or not compares else change.value
        row = f"  {place:<9} {format_bytes(after):>9} {difference:>10}  {word:<8}"
        told = escape.terminal(instruction[: 2 * screen.width])
        yield f"{row} {cut(told, screen.width - len(row) - 1)}".rstrip()
