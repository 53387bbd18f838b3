"""Text fitted to a screen's columns. The tables of wide characters are loaded for text that has any: they take time."""

from __future__ import annotations

import re
import textwrap

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def cells(character: str) -> int:
    """Columns that a character takes."""
    if character.isascii():
        return 1
    from wcwidth import wcwidth

    return max(0, wcwidth(character))


def cut(text: str, width: int) -> str:
    """What of a text fits into the columns."""
    if text.isascii():
        return text[: max(0, width)]
    from wcwidth import clip

    return clip(text, 0, width)


def folded(text: str, width: int, lead: str, indent: str) -> list[str]:
    """A text in lines of that many columns at most, the first after ``lead`` (which may be styled), the others indented."""
    if not text.isascii():
        from wcwidth import wrap

        return wrap(text, width, initial_indent=lead, subsequent_indent=indent, break_on_hyphens=False)
    blank = " " * len(_STYLE.sub("", lead))
    # A word that is broken where the columns end may leave the blank before the next one behind.
    wrapped = textwrap.wrap(text, width, initial_indent=blank, subsequent_indent=indent, break_on_hyphens=False)
    lines = [line.rstrip() for line in wrapped]
    return [lead + lines[0][len(blank) :], *lines[1:]] if lines else []
