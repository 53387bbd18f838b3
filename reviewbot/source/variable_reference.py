"""Where a text refers to variables: ``$name`` and ``${name…}``, quotes and escapes minded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_REFERENCE = re.compile(r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?P<operator>:?[-+=?])?)", re.ASCII)

PLATFORM_ARGS = frozenset(
    f"{side}{part}"
    for side in ("BUILD", "TARGET")
    for part in ("PLATFORM", "OS", "ARCH", "VARIANT", "OSVERSION", "STAGE")
)
"""What the builder itself declares before the first FROM."""


@dataclass(frozen=True)
class Reference:
    """A variable that a text refers to; ``start`` is the offset of its ``$`` in that text."""

    name: str
    start: int
    has_default: bool
    """Whether the text says itself what stands there when the variable is unset: ``${x:-y}``, ``${x+y}``."""


def references(text: str, escape: str = "\\") -> Iterator[Reference]:
    """The variables that the builder, or a POSIX shell, replaces in a text: not those in single quotes or escaped."""
    quote = ""
    position = 0
    while position < len(text):
        char = text[position]
        if char == escape and quote != "'":
            position += 2
            continue
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
        elif char == "$" and quote != "'":
            match = _REFERENCE.match(text, position)
            if match:
                name = match["plain"] or match["braced"]
                yield Reference(name, position, (match["operator"] or "?").lstrip(":") in "-+=")
        position += 1
