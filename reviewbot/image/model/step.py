"""What made a layer."""

from __future__ import annotations

from msgspec import Struct


class Step(Struct, frozen=True):
    """What made a layer: an instruction on one line and its first line in the Dockerfile.

    ``line`` is None for layers of the base image and where it cannot be told.
    """

    instruction: str
    line: int | None


BASE_IMAGE = Step("the base image", None)
