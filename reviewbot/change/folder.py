"""Files as they stand in a folder, without git: for ``reviewbot check``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from reviewbot.change.model import Change, ChangedFile, Hunk, Status
from reviewbot.source.text import Text

SIZE_LIMIT = 2 * 1024 * 1024
"""Bytes of the largest file that is read: no Dockerfile or Compose file written by a person comes near it."""

_SKIPPED = frozenset({".git", "node_modules", ".venv", "__pycache__"})


class EmptyTree:
    """A version of the repository without any file."""

    def paths(self) -> Iterator[str]:
        return iter(())

    def size(self, path: str) -> int | None:
        return None

    def read(self, path: str) -> Text | None:
        return None


class FolderTree:
    """All files below a folder; symlinks are not followed, installed packages and git's own files not looked into."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _sizes(self) -> dict[str, int]:
        sizes = {}
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in _SKIPPED)
            for name in sorted(names):
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    sizes[path.relative_to(self.root).as_posix()] = path.stat().st_size
        return sizes

    def paths(self) -> Iterator[str]:
        return iter(self._sizes)

    def size(self, path: str) -> int | None:
        return self._sizes.get(path)

    def read(self, path: str) -> Text | None:
        size = self.size(path)
        if size is None or size > SIZE_LIMIT:
            return None
        return Text.from_bytes(path, (self.root / path).read_bytes())


def everything(tree: FolderTree, paths: list[str]) -> Change:
    """These files as a change that adds them all."""
    files = []
    for path in paths:
        text = tree.read(path)
        if text is None:
            reason = f"larger than {SIZE_LIMIT} bytes" if tree.size(path) is not None else "no such file"
            files.append(ChangedFile(Status.ADDED, path, None, None, None, is_readable=False, reason=reason))
            continue
        lines = text.line_count
        hunk = Hunk(0, -1, 1, lines, (), tuple(range(1, lines + 1)))
        files.append(ChangedFile(Status.ADDED, path, None, None, text, (hunk,)))
    return Change(None, None, tuple(files), EmptyTree(), tree)
