"""An image built with files edited."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from reviewbot.source.text import Text

Edits = Mapping[str, Text | None]
"""The texts of the files that are other ones than the head's, by path."""


class Trial(Struct, frozen=True):
    """What came of it: the image's bytes, and whether it ``starts`` (None: not tried, or it tells nothing); or why there
    is none. ``is_to_blame`` says that with the edited files it does not build or start, rather than that nobody could try.
    """

    size: int | None
    reason: str = ""
    is_to_blame: bool = False
    starts: bool | None = None
    seconds: float = 0.0
