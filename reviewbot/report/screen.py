"""What a terminal shows: its columns, and its colors where it has them."""

from __future__ import annotations

import re

from msgspec import Struct

from reviewbot.report import escape
from reviewbot.report.width import folded

LONGEST = 4_000
"""Characters of one message."""

_NARROWEST = 40

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;34",
    "bold": "1",
    "dim": "2",
    "mark": "36",
    " ": "2",
    "-": "31",
    "+": "32",
}


class Screen(Struct, frozen=True):
    """A screen of so many columns."""

    color: bool = False
    columns: int = 100

    @property
    def width(self) -> int:
        """The columns that are written to: what is read on fewer folds by itself."""
        return max(self.columns, _NARROWEST)

    def wrapped(self, text: str, lead: str = "  ") -> list[str]:
        safe = escape.terminal(" ".join(text[:LONGEST].split()))
        lines = folded(safe, self.width, lead, "  ") if safe else []
        # GitHub's runner obeys a line that begins with "::", which folding may have made.
        return [re.sub(r"^(\s*):(?=:)", "\\1\\\\u003a", line) for line in lines]

    def styled(self, text: str, style: str) -> str:
        codes = _STYLES.get(style)
        return f"\x1b[{codes}m{text}\x1b[0m" if self.color and codes else text
