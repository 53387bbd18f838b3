"""Sizes: of an image and of each instruction's layer, before and after."""

from __future__ import annotations

import enum

from msgspec import Struct


class LayerChange(enum.Enum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    GROWN = "grown"
    SHRUNK = "shrunk"
    DRIFT = "drift"
    """The same instruction with the same inputs, other bytes: an index that moved, a time stamp."""


class Pairing(enum.Enum):
    """How a layer of the head was found in the base."""

    NONE = "none"
    SAME = "same"
    MOVED = "moved"
    EDITED = "edited"
    SPLIT = "split"
    """It is one of several instructions that do what one did."""
    MERGED = "merged"
    """It does what several instructions did."""


class LayerDelta(Struct, frozen=True):
    """One instruction's layer; ``line`` is the first line of its instruction in the head's Dockerfile.

    For a REMOVED layer ``after`` is None and ``line`` counts in the base's file. Sizes are uncompressed bytes.
    ``made_by`` is the line of the instruction in another stage that made what a ``COPY --from`` ships, where it can be
    told.
    """

    instruction: str
    line: int | None
    before: int | None
    after: int | None
    change: LayerChange
    pairing: Pairing = Pairing.NONE
    made_by: int | None = None

    @property
    def difference(self) -> int:
        return (self.after or 0) - (self.before or 0)


class ImageSize(Struct, frozen=True):
    """Uncompressed bytes. ``base_image_after`` plus all layers' ``after`` is exactly ``after``."""

    before: int | None
    after: int
    base_image_before: int | None
    base_image_after: int
    compressed_before: int | None = None
    compressed_after: int | None = None
    compressed_is_estimate: bool = False
    """Whether parts of the compressed sizes are reckoned from samples."""

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.after - self.before
