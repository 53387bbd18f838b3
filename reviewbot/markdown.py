"""Markdown that quotes text from files: used by the rules' messages and by the reports alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Control, zero-width and direction-changing characters written out as escapes."""
    return _INVISIBLE.sub(lambda match: _escape(ord(match[0])), text)


def _escape(number: int) -> str:
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def code(text: str, limit: int = 120) -> str:
    """An inline code span that holds any text: on one line, cut at ``limit`` characters, with fences long enough."""
    shown = visible(text)
    if len(shown) > limit:
        shown = f"{shown[: limit - 1]}…"
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names as code, as a sentence lists them: "`a`, `b` and 3 more". ``names`` must not be empty."""
    shown = [code(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def has_invisible(text: str) -> bool:
    """Whether a line holds characters that change or hide what a reader sees (tabs and form feeds do not)."""
    return _INVISIBLE.search(text.replace("\t", "").replace("\f", "")) is not None
