"""Names that are nearly those that were meant."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable

from reviewbot.facts import Facts
from reviewbot.finding import Edit
from reviewbot.rules.service_role import neighbours
from reviewbot.source.compose import ComposeFile
from reviewbot.source.text import Span

_MOST_NAMES = 500
_LONGEST = 200
"""Names that are looked through, and characters of one that is looked for: comparing takes long, and files are made to
have thousands."""


def nearest_name(name: str, known: Iterable[str], *, besides: str = "", nearness: float = 0.8) -> str | None:
    """The one of the known names that is so near that a slip of the pen explains the difference."""
    candidates = [other for other in itertools.islice(known, _MOST_NAMES) if other != besides]
    found = difflib.get_close_matches(name, candidates, 1, nearness) if len(name) <= _LONGEST else []
    return found[0] if found else None


def defined_nearby(compose: ComposeFile, facts: Facts, section: str, name: str) -> bool:
    """Whether another Compose file of the folder defines this: the two may be used together."""
    return any(_has(other, section, name) for other in neighbours(compose, facts))


def _has(file: ComposeFile, section: str, name: str) -> bool:
    holder = file.root.get(section)
    return holder is not None and holder.entry(name) is not None


def renamed(compose: ComposeFile, path: str, span: Span, name: str, meant: str | None) -> list[Edit]:
    """The name replaced where it is written, once and plainly, within a place of this file."""
    written = compose.text[span] if path == compose.path else ""
    if meant is None or written.count(name) != 1 or compose.is_shared(span):
        return []
    start = span.start + written.index(name)
    return [Edit(compose.path, Span(start, start + len(name)), meant)]
