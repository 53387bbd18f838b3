"""The images on the HTML page: sizes before and after, and a chart of what each layer keeps, adds and saves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta
from reviewbot.report.contents_section import contents_words, package_words
from reviewbot.report.context import ReportContext
from reviewbot.report.escape import html, html_inline
from reviewbot.report.sizes import parts, rebuild_words, slowest
from reviewbot.report.vulnerability_section import vulnerability_table
from reviewbot.report.wording import sentence

_MOST_LAYERS = 200
_MOST_PACKAGES = 500
_LEGEND = (
    '<p class="quiet legend"><span><i class="kept"></i>as before</span><span><i class="grown"></i>added</span>'
    '<span><i class="saved"></i>saved</span></p>'
)


def image_section(images: Sequence[ImageReport], context: ReportContext) -> str:
    """A section with one article an image; empty where there is none."""
    if not images:
        return ""
    articles = "\n".join("".join(_image(image, context)) for image in images)
    return f"<section><h2>Images</h2>\n{articles}\n</section>"


def _image(image: ImageReport, context: ReportContext) -> Iterator[str]:
    size = image.size
    yield f"<article><h3>{html(image.spec.name)} <span class='quiet'>{html(image.platform)}, "
    yield f"<code>{html(image.spec.dockerfile)}</code></span></h3>"
    if image.status is not ImageStatus.MEASURED or size is None:
        state, style = ("does not build", "fail") if image.status is ImageStatus.FAILED else ("not measured", "quiet")
        reason = image.reason or (image.failure.message if image.failure else "")
        yield f'<p><span class="verdict {style}">{state}</span> {html_inline(sentence(reason))}</p></article>\n'
        return
    yield _tiles(size)
    for budget in image.broken_budgets:
        yield f'<p class="fail">Over budget: {html_inline(budget)}</p>'
    yield _chart(image, size, context)
    split = parts(image)
    if split:
        told = ", ".join(f"{name} {format_bytes(difference, sign=True)}" for name, difference in split)
        yield f'<p class="quiet">The difference consists of: {html(told)}.</p>'
    if words := contents_words(image):
        yield f'<p class="quiet">{html(words)}</p>'
    if image.rebuild is not None:
        slow = "".join(f"; {html(step.instruction, 80)} {step.seconds:.1f} s" for step in slowest(image))
        told = f"After a change of <code>{html(image.rebuild.path)}</code>, {html(rebuild_words(image))}{slow}."
        yield f'<p class="quiet">{told}</p>'
    yield vulnerability_table(image, context)
    yield _packages(image)
    for notice in image.notices:
        yield f'<p class="quiet">{html_inline(sentence(notice))}</p>'
    yield "</article>\n"


def _tiles(size: ImageSize) -> str:
    tiles = [("this change", format_bytes(size.after))]
    if size.before is not None and size.difference is not None:
        tiles = [("base", format_bytes(size.before)), *tiles, ("difference", format_bytes(size.difference, sign=True))]
    if size.compressed_after is not None:
        tiles.append(("compressed", format_bytes(size.compressed_after)))
    return f'<div class="tiles">{"".join(f"<div><span class=quiet>{n}</span><b>{v}</b></div>" for n, v in tiles)}</div>'


def _chart(image: ImageReport, size: ImageSize, context: ReportContext) -> str:
    base = LayerDelta("base image", None, size.base_image_before, size.base_image_after, LayerChange.SAME)
    layers = [layer for layer in (base, *image.layers) if layer.before or layer.after]
    if not layers:
        return ""
    highest = max(max(layer.before or 0, layer.after or 0) for layer in layers)
    compares = size.before is not None
    rows = [_row(layer, highest, image, context, compares=compares) for layer in layers[:_MOST_LAYERS]]
    legend = _LEGEND if compares else ""
    return f'<div class="chart" role="table" aria-label="Layers">{"".join(rows)}</div>{legend}'


def _row(layer: LayerDelta, highest: int, image: ImageReport, context: ReportContext, *, compares: bool) -> str:
    before, after = layer.before or 0, layer.after or 0
    kept = min(before, after) if compares else after
    grown, saved = (max(0, after - before), max(0, before - after)) if compares else (0, 0)
    stretches = (("kept", kept), ("grown", grown), ("saved", saved))
    bar = "".join(f'<i class="{n}" style="width:{100 * v / highest:.2f}%"></i>' for n, v in stretches if v)
    difference = format_bytes(after - before, sign=True) if compares and after != before else ""
    style = "fail" if after > before else "pass"
    return (
        f'<div class="what" role="rowheader" title="{html(layer.instruction, 400)}">{_what(layer, image, context)}</div>'
        f'<div class="bar" role="presentation">{bar}</div><div class="size" role="cell">{format_bytes(after)}</div>'
        f'<div class="size {style}" role="cell">{difference}{_word(layer, compares=compares)}</div>'
    )


def _packages(image: ImageReport) -> str:
    """What was added, taken out, and changed its version, folded away."""
    changes = image.package_changes
    if not changes:
        return ""
    rows = []
    for change in changes[:_MOST_PACKAGES]:
        versions = [html(package.version, 60) for package in (change.before, change.after) if package]
        difference = format_bytes(change.difference, sign=True)
        told = f"{change.move.value} {' → '.join(versions)}"
        rows.append(f"<li><code>{html(change.name, 80)}</code> {told}, {difference}</li>")
    if len(changes) > _MOST_PACKAGES:
        rows.append(f"<li>and {len(changes) - _MOST_PACKAGES} more</li>")
    return f"<details><summary>Packages: {html(package_words(changes))}</summary><ul>{''.join(rows)}</ul></details>"


def _what(layer: LayerDelta, image: ImageReport, context: ReportContext) -> str:
    instruction = f"<code>{html(layer.instruction, 200)}</code>"
    if layer.line is None:
        return instruction
    is_removed = layer.change is LayerChange.REMOVED
    address = context.address(image.spec.dockerfile, layer.line, in_base=is_removed)
    place = f'<a href="{html(address)}">{layer.line}</a>' if address else str(layer.line)
    return f'<span class="quiet">{place}</span> {instruction}'


def _word(layer: LayerDelta, *, compares: bool) -> str:
    if not compares or layer.change not in (LayerChange.ADDED, LayerChange.REMOVED, LayerChange.DRIFT):
        return ""
    return f' <span class="quiet">{layer.change.value}</span>'
