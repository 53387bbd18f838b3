"""What the measured images come to, in words and in order of weight."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.report import ImageReport, ImageStatus, RebuiltStep
from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta
from reviewbot.image.size.delta import NOISE_BYTES, NOISE_SHARE

_NOTICED_SECONDS = 0.1


def is_noise(difference: int, before: int) -> bool:
    """Whether a difference is so small that two builds of the same files may show it."""
    return abs(difference) <= min(NOISE_BYTES, NOISE_SHARE * before)


def has_grown_or_shrunk(size: ImageSize | None) -> bool:
    """Whether an image has another size than the base's, noise apart; a first measurement counts as a change."""
    return size is not None and (size.difference is None or not is_noise(size.difference, size.before or 0))


def measured(images: Sequence[ImageReport]) -> list[ImageReport]:
    return [image for image in images if image.status is ImageStatus.MEASURED and image.size]


def headline(images: Sequence[ImageReport]) -> str:
    """What happened to the sizes: ``image grows by 41.2 MB``; empty when nothing was measured."""
    if any(image.status is ImageStatus.FAILED for image in images):
        return "an image does not build"
    sizes = [image.size for image in measured(images) if image.size]
    if not sizes:
        return ""
    compared = [size for size in sizes if size.before is not None]
    word = "image" if len(sizes) == 1 else "images"
    if not compared:
        return f"{word} of {format_bytes(sum(size.after for size in sizes))}"
    if not any(has_grown_or_shrunk(size) for size in compared):
        return f"image size unchanged at {format_bytes(sizes[0].after)}" if len(sizes) == 1 else "image sizes unchanged"
    difference = sum(size.difference or 0 for size in compared)
    verb = ("grow" if difference > 0 else "shrink") + ("s" if len(sizes) == 1 else "")
    return f"{word} {verb} by {format_bytes(abs(difference))}"


def heaviest(image: ImageReport, most: int) -> list[LayerDelta]:
    """The instructions whose layers changed the size the most, the largest difference first, noise left out."""
    before = (image.size.before if image.size else None) or 0
    telling = [
        layer
        for layer in image.layers
        if layer.change not in (LayerChange.SAME, LayerChange.DRIFT) and not is_noise(layer.difference, before)
    ]
    return sorted(telling, key=lambda layer: -abs(layer.difference))[:most]


def parts(image: ImageReport) -> list[tuple[str, int]]:
    """What the whole difference consists of: the base image, the instructions, and drift.

    Empty without a base, and where all of it comes from instructions.
    """
    size = image.size
    if size is None or size.difference is None:
        return []
    drift = sum(layer.difference for layer in image.layers if layer.change is LayerChange.DRIFT)
    base = size.base_image_after - (size.base_image_before or 0) if size.base_image_before is not None else 0
    split = [("base image", base), ("instructions", size.difference - base - drift), ("drift", drift)]
    told = [(name, difference) for name, difference in split if difference]
    return told if any(name != "instructions" for name, _ in told) else []


def layer_words(layer: LayerDelta) -> str:
    """What an instruction does to the size: ``adds 38.9 MB``."""
    difference = layer.difference
    if layer.change is LayerChange.REMOVED:
        return f"is gone, {format_bytes(difference, sign=True)}"
    made = f", made by line {layer.made_by}" if layer.made_by is not None else ""
    return f"{'adds' if difference >= 0 else 'saves'} {format_bytes(abs(difference))}{made}"


def with_suggestions(image: ImageReport) -> str:
    """What the image would be with them: ``builds and starts with the 5 suggestions: 1.12 GB → 148.0 MB``."""
    tried = image.with_suggestions
    if tried is None or image.size is None:
        return ""
    suggestions = "suggestion" if tried.count == 1 else f"{tried.count} suggestions"
    does = "builds and starts" if tried.starts else "builds"
    before, after = format_bytes(image.size.after), format_bytes(tried.size)
    changes = abs(tried.size - image.size.after) > NOISE_BYTES
    return f"{does} with the {suggestions}: {f'{before} → {after}' if changes else after}"


def rebuild_words(image: ImageReport) -> str:
    """What the next build takes: ``2 of 6 steps run again: 31.4 s``; empty if nobody asked."""
    rebuild = image.rebuild
    if rebuild is None:
        return ""
    steps = len(rebuild.ran) + rebuild.reused
    runs = "runs" if len(rebuild.ran) == 1 else "run"
    return f"{len(rebuild.ran)} of {steps} steps {runs} again: {rebuild.seconds:.1f} s"


def slowest(image: ImageReport, most: int = 3) -> list[RebuiltStep]:
    """The steps that take the most of building an image again, the slowest first."""
    ran = image.rebuild.ran if image.rebuild else ()
    return sorted((step for step in ran if step.seconds >= _NOTICED_SECONDS), key=lambda step: -step.seconds)[:most]
