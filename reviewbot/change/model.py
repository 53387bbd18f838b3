"""What changed: two versions of a repository's files, and the difference between them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from reviewbot.source.text import Text


class Status(enum.Enum):
    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


@dataclass(frozen=True)
class Hunk:
    """A hunk of a unified diff with three lines of context, as GitHub shows it.

    ``old_lines``/``new_lines`` are the first and last line it spans on either side (a context line is in
    both); an empty side has ``last == first - 1``. ``deleted`` are old lines with ``-``, ``added`` new lines
    with ``+``.
    """

    old_first: int
    old_last: int
    new_first: int
    new_last: int
    deleted: tuple[int, ...]
    added: tuple[int, ...]


@dataclass(frozen=True)
class ChangedFile:
    """One file of a change; ``before``/``after`` are None where it does not exist on that side.

    Only files that reviewbot reads carry their texts; ``is_readable`` is False for the others, for binary
    files, symlinks, submodules and files over the size limit (then ``reason`` says why).
    """

    status: Status
    path: str
    old_path: str | None
    before: Text | None
    after: Text | None
    hunks: tuple[Hunk, ...] = ()
    is_readable: bool = True
    reason: str | None = None

    def hunk_of(self, first: int, last: int) -> Hunk | None:
        """The hunk that holds all of these lines of the new file."""
        return next((h for h in self.hunks if h.new_first <= first and last <= h.new_last), None)

    def old_hunk_of(self, first: int, last: int) -> Hunk | None:
        """The hunk that holds all of these lines of the old file."""
        return next((h for h in self.hunks if h.old_first <= first and last <= h.old_last), None)

    def is_added_line(self, line: int) -> bool:
        return any(line in h.added for h in self.hunks)

    def old_line(self, line: int) -> int | None:
        """The old file's number of an unchanged line; None for an added one."""
        shift = 0
        for hunk in self.hunks:
            if line < hunk.new_first:
                break
            if line <= hunk.new_last:
                if line in hunk.added:
                    return None
                before = sum(1 for n in hunk.added if n < line)
                unchanged = line - hunk.new_first - before
                position = hunk.old_first
                deleted = set(hunk.deleted)
                while position in deleted or unchanged > 0:
                    if position not in deleted:
                        unchanged -= 1
                    position += 1
                return position
            shift = hunk.old_last - hunk.new_last
        return line + shift


class Tree(Protocol):
    """All files of one version of the repository: content addressed, so the same every time it is asked.

    Paths are relative to the repository's root, ``/``-separated. Symlinks and submodules are not files.
    """

    def paths(self) -> Iterator[str]:
        """Every file's path, in order."""
        ...

    def size(self, path: str) -> int | None:
        """A file's size in bytes; None when there is no such file."""
        ...

    def read(self, path: str) -> Text | None:
        """A file's text; None when there is no such file, or it is over the size limit."""
        ...


@dataclass(frozen=True)
class Change:
    """A base and a head version, and the files that differ.

    ``base``/``head`` are commit ids; ``head`` is None for the working tree, ``base`` None where there is none.
    """

    base: str | None
    head: str | None
    files: tuple[ChangedFile, ...]
    base_tree: Tree
    head_tree: Tree

    def file(self, path: str) -> ChangedFile | None:
        """The changed file that has this path in the head, or (for a deleted one) had it in the base."""
        return next((f for f in self.files if f.path == path), None)

    def old_path(self, path: str) -> str:
        """The base's path of a head's path: another one where the file was renamed."""
        changed = self.file(path)
        return changed.old_path or path if changed else path
