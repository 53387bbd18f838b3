"""Where a text refers to variables: ``$name`` and ``${name…}``, quotes and escapes minded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_VARIABLE = r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?P<operator>:?[-+=?])?)"
_TOKENS = {
    escape: re.compile(rf"(?P<escaped>{re.escape(escape)}.?)|(?P<quote>['\"])|{_VARIABLE}", re.ASCII | re.DOTALL)
    for escape in ("\\", "`")
}

PLATFORM_ARGS = frozenset(
    f"{side}{part}"
    for side in ("BUILD", "TARGET")
    for part in ("PLATFORM", "OS", "ARCH", "VARIANT", "OSVERSION", "STAGE")
)
"""What the builder itself declares before the first FROM."""


class Reference(Struct, frozen=True):
    """A variable that a text refers to; ``start`` is the offset of its ``$`` in that text."""

    name: str
    start: int
    has_default: bool
    """Whether the text says itself what stands there when the variable is unset: ``${x:-y}``, ``${x+y}``."""


def references(text: str, escape: str = "\\") -> Iterator[Reference]:
    """The variables that the builder, or a POSIX shell, replaces in a text: not those in single quotes or escaped."""
    if "$" not in text:
        return
    quote = ""
    for token in _TOKENS[escape].finditer(text):
        if token["escaped"] is not None:
            # In single quotes an escape is a character like any other: what follows it may end them.
            if quote == "'" and token["escaped"].endswith("'"):
                quote = ""
        elif token["quote"] is not None:
            if quote in ("", token["quote"]):
                quote = "" if quote else token["quote"]
        elif quote != "'":
            name = token["plain"] or token["braced"]
            yield Reference(name, token.start(), (token["operator"] or "?").lstrip(":") in "-+=")
