"""The hunks of a change, cut exactly as git (and so GitHub) cuts them."""

from __future__ import annotations

import re

from reviewbot.change.git import Repository
from reviewbot.change.model import Hunk
from reviewbot.source.text import Text

_HEADER = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def hunks_between(repository: Repository, old: str, new: str) -> tuple[Hunk, ...]:
    """The hunks between two blobs, with three lines of context."""
    if old == new:
        return ()
    output = repository.run(
        "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--text", "-U3", "--end-of-options", old, new, ok=(0, 1)
    )
    return parse_hunks(output)


def parse_hunks(diff: bytes) -> tuple[Hunk, ...]:
    """The hunks of one file's unified diff."""
    hunks: list[Hunk] = []
    lines = diff.split(b"\n")
    position = 0
    while position < len(lines):
        header = _HEADER.match(lines[position])
        position += 1
        if header is None:
            continue
        old_start, old_count = int(header[1]), int(header[2] or 1)
        new_start, new_count = int(header[3]), int(header[4] or 1)
        # An empty side is given as the line before it.
        old = old_first = old_start + (old_count == 0)
        new = new_first = new_start + (new_count == 0)
        deleted: list[int] = []
        added: list[int] = []
        while old < old_first + old_count or new < new_first + new_count:
            mark = lines[position][:1]
            position += 1
            if mark == b"-":
                deleted.append(old)
                old += 1
            elif mark == b"+":
                added.append(new)
                new += 1
            elif mark != b"\\":
                old += 1
                new += 1
        hunks.append(Hunk(old_first, old - 1, new_first, new - 1, tuple(deleted), tuple(added)))
    return tuple(hunks)


def whole(before: Text | None, after: Text | None) -> tuple[Hunk, ...]:
    """The one hunk of a file that was added or deleted; none for an empty file."""
    old = before.line_count if before else 0
    new = after.line_count if after else 0
    if not old and not new:
        return ()
    return (Hunk(1, old, 1, new, tuple(range(1, old + 1)), tuple(range(1, new + 1))),)
