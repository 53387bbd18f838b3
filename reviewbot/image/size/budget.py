"""Limits on an image's size, and what to say when one is broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from reviewbot.image.bytes import format_bytes, parse_bytes
from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta

_PERCENT = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*", re.ASCII)


def broken_budgets(size: ImageSize, max_size: str | None, max_increase: str | None) -> tuple[str, ...]:
    """What each limit that the image breaks says; exactly at the limit is within it.

    ``max_size`` is a size (``500MB``), ``max_increase`` a size or a share of the base's image (``20MB``, ``5%``); the
    latter says nothing without a base. Raises ValueError for a limit that is neither.
    """
    broken = []
    if max_size is not None:
        limit = parse_bytes(max_size)
        if size.after > limit:
            broken.append(
                f"It is {format_bytes(size.after)}, {format_bytes(size.after - limit)} over the limit of "
                f"{format_bytes(limit)}."
            )
    if max_increase is not None:
        allowed = increase_allowed(max_increase, size.before or 0)
        if size.difference is not None and size.difference > allowed:
            limited = f" ({max_increase.strip()})" if "%" in max_increase else ""
            broken.append(
                f"It grows by {format_bytes(size.difference)}, {format_bytes(size.difference - allowed)} more than the "
                f"{format_bytes(allowed)}{limited} allowed."
            )
    return tuple(broken)


def broken_layer_budgets(layers: Sequence[LayerDelta], max_layer: str | None) -> tuple[str, ...]:
    """What each layer over a size (``100MB``) says, those apart that are as the base has them. Raises ValueError."""
    if max_layer is None:
        return ()
    limit = parse_bytes(max_layer)
    broken = []
    for layer in layers:
        is_new = layer.change in (LayerChange.ADDED, LayerChange.GROWN)
        if is_new and layer.after is not None and layer.after > limit:
            place = f"line {layer.line}" if layer.line is not None else "one instruction"
            broken.append(
                f"The layer of {place} is {format_bytes(layer.after)}, {format_bytes(layer.after - limit)} over the limit of "
                f"{format_bytes(limit)} for a layer."
            )
    return tuple(broken)


def increase_allowed(limit: str, before: int) -> int:
    """The bytes that ``20MB`` or ``5%`` allow an image of ``before`` bytes to grow by. Raises ValueError."""
    percent = _PERCENT.fullmatch(limit)
    return int(before * Fraction(percent[1]) / 100) if percent else parse_bytes(limit)
