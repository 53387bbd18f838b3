"""The hunks of a change, cut exactly as git (and so GitHub) cuts them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from reviewbot.change.model import Hunk
from reviewbot.source.text import Text

if TYPE_CHECKING:
    from reviewbot.change.git import Repository

_HEADER = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_FILE = b"diff --git a/"

_BATCH = 16 * 1024 * 1024
"""Bytes of blobs that are compared in one go."""


class BlobPair(Struct, frozen=True):
    """Two versions of a file: the ids of their blobs, and the bytes of both together."""

    old: str
    new: str
    size: int


def hunks_between(repository: Repository, pairs: Sequence[BlobPair]) -> list[tuple[Hunk, ...]]:
    """The hunks of each pair, with three lines of context.

    The blobs are put into two trees under numbers for names, and the trees compared: one command for all files, in
    which no name can be misread and no attribute of a path applies. ``repository`` is written to (see ``isolate``).
    """
    hunks: list[tuple[Hunk, ...]] = []
    for batch in _batches(pairs):
        found = _of_trees(
            repository, _tree(repository, [p.old for p in batch]), _tree(repository, [p.new for p in batch])
        )
        hunks += [found.get(number, ()) for number in range(len(batch))]
    return hunks


def _batches(pairs: Sequence[BlobPair]) -> Iterator[list[BlobPair]]:
    batch: list[BlobPair] = []
    size = 0
    for pair in pairs:
        if batch and size + pair.size > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(pair)
        size += pair.size
    if batch:
        yield batch


def _tree(repository: Repository, blobs: Sequence[str]) -> str:
    listing = b"".join(f"100644 blob {blob}\t{number:08}\0".encode("ascii") for number, blob in enumerate(blobs))
    return repository.run("mktree", "-z", stdin=listing).decode("ascii").strip()


def _of_trees(repository: Repository, old: str, new: str) -> Mapping[int, tuple[Hunk, ...]]:
    options = ("-p", "-U3", "--inter-hunk-context=0", "--diff-algorithm=myers", "--indent-heuristic", "--no-renames")
    plain = ("--text", "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/")
    return parse_diff(repository.run("diff-tree", *options, *plain, "--end-of-options", old, new))


def parse_diff(diff: bytes) -> Mapping[int, tuple[Hunk, ...]]:
    """The hunks of a unified diff of files that have numbers for names."""
    files: dict[int, list[Hunk]] = {}
    hunks: list[Hunk] = []
    lines = diff.split(b"\n")
    position = 0
    while position < len(lines):
        line = lines[position]
        if line.startswith(_FILE):
            hunks = files.setdefault(int(line[len(_FILE) :].partition(b" ")[0]), [])
        header = _HEADER.match(line)
        position += 1
        if header is None:
            continue
        # The counts tell where the hunk ends, so that none of its lines is ever taken for a header.
        old_count, new_count = int(header[2] or 1), int(header[4] or 1)
        # An empty side is given as the line before it.
        old = old_first = int(header[1]) + (old_count == 0)
        new = new_first = int(header[3]) + (new_count == 0)
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
    return {number: tuple(found) for number, found in files.items()}


def whole(before: Text | None, after: Text | None) -> tuple[Hunk, ...]:
    """The one hunk of a file that was added or deleted; none for an empty file."""
    old = before.line_count if before else 0
    new = after.line_count if after else 0
    if not old and not new:
        return ()
    return (Hunk(1, old, 1, new, tuple(range(1, old + 1)), tuple(range(1, new + 1))),)
