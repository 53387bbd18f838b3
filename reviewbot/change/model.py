"""What changed: two versions of a repository's files, and the difference between them."""

from __future__ import annotations

import enum
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Protocol

from msgspec import Struct

from reviewbot.source.text import Text


class Status(enum.Enum):
    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


class Hunk(Struct, frozen=True):
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

    def has_added(self, line: int) -> bool:
        position = bisect_left(self.added, line)
        return position < len(self.added) and self.added[position] == line

    def old_line(self, line: int) -> int | None:
        """The old file's number of one of its new lines; None for an added one."""
        if self.has_added(line):
            return None
        kept_before = line - self.new_first - bisect_left(self.added, line)
        # Of the deleted lines, those go before it that have no more kept lines before them.
        deleted_before = bisect_right(
            range(len(self.deleted)), kept_before, key=lambda i: self.deleted[i] - self.old_first - i
        )
        return self.old_first + kept_before + deleted_before


class ChangedFile(Struct, frozen=True):
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
        position = bisect_right(self.hunks, first, key=lambda hunk: hunk.new_first) - 1
        return self.hunks[position] if position >= 0 and last <= self.hunks[position].new_last else None

    def old_hunk_of(self, first: int, last: int) -> Hunk | None:
        """The hunk that holds all of these lines of the old file."""
        position = bisect_right(self.hunks, first, key=lambda hunk: hunk.old_first) - 1
        return self.hunks[position] if position >= 0 and last <= self.hunks[position].old_last else None

    def is_added_line(self, line: int) -> bool:
        hunk = self.hunk_of(line, line)
        return hunk is not None and hunk.has_added(line)

    def old_line(self, line: int) -> int | None:
        """The old file's number of an unchanged line; None for an added one."""
        position = bisect_right(self.hunks, line, key=lambda hunk: hunk.new_first) - 1
        if position < 0:
            return line
        hunk = self.hunks[position]
        return hunk.old_line(line) if line <= hunk.new_last else line + hunk.old_last - hunk.new_last


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

    def is_executable(self, path: str) -> bool | None:
        """Whether a file's mode lets it be executed; None when there is no such file, or nobody knows."""
        ...

    def is_link(self, path: str) -> bool:
        """Whether a symlink or a submodule stands there: something is behind it that is not looked at."""
        ...


class Among:
    """Which paths are some files, or lie in some folders, of a list; an empty list means everything."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._places = frozenset(path.rstrip("/") for path in paths)
        self._takes_all = not paths or not self._places.isdisjoint(("", "."))

    def __contains__(self, path: object) -> bool:
        if self._takes_all or not isinstance(path, str):
            return self._takes_all
        while path and path not in self._places:
            path = path.rpartition("/")[0]
        return bool(path)


class Change(Struct, frozen=True, dict=True):
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
        return self._by_path.get(path)

    @cached_property
    def _by_path(self) -> dict[str, ChangedFile]:
        return {file.path: file for file in self.files}

    def old_path(self, path: str) -> str:
        """The base's path of a head's path: another one where the file was renamed."""
        changed = self.file(path)
        return changed.old_path or path if changed else path
