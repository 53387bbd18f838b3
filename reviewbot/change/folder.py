"""Files as they stand in a folder, without git: for ``reviewbot check``."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from reviewbot.change.content import SIZE_LIMIT, TOO_LARGE, why_unreadable
from reviewbot.change.hunks import whole
from reviewbot.change.model import Change, ChangedFile, Status
from reviewbot.source.text import Text

SKIPPED = frozenset({".git", "node_modules", ".venv", "__pycache__"})


class EmptyTree:
    """A version of the repository without any file."""

    def paths(self) -> Iterator[str]:
        return iter(())

    def size(self, path: str) -> int | None:
        return None

    def is_link(self, path: str) -> bool:
        return False

    def is_executable(self, path: str) -> bool | None:
        return None

    def read(self, path: str) -> Text | None:
        return None


class FolderTree:
    """All files below a folder; symlinks are not followed, installed packages and git's own files not looked into."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _found(self) -> tuple[dict[str, int], list[str]]:
        """The size of every file by its path, and the paths of symlinks that are no folder's."""
        sizes: dict[str, int] = {}
        links: list[str] = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in SKIPPED)
            for name in sorted(names):
                place = Path(folder, name)
                path, status = place.relative_to(self.root).as_posix(), _status(place)
                if status is not None and stat.S_ISREG(status.st_mode):
                    sizes[path] = status.st_size
                elif status is not None and stat.S_ISLNK(status.st_mode):
                    links.append(path)
        return sizes, links

    @property
    def _sizes(self) -> dict[str, int]:
        return self._found[0]

    def links(self) -> Iterator[str]:
        """Every symlink's path, but for those of folders."""
        return iter(self._found[1])

    def meant_by(self, link: str) -> str | None:
        """The file of this tree that a symlink leads to; None where it leads out of the folder, or nowhere."""
        try:
            path = (self.root / link).resolve().relative_to(self.root.resolve()).as_posix()
        except (OSError, RuntimeError, ValueError):
            return None
        return path if path in self._sizes else None

    def paths(self) -> Iterator[str]:
        return iter(self._sizes)

    def size(self, path: str) -> int | None:
        return self._sizes.get(path)

    def is_link(self, path: str) -> bool:
        status = _status(self.root / path) if "\0" not in path else None
        return status is not None and stat.S_ISLNK(status.st_mode)

    def is_executable(self, path: str) -> bool | None:
        status = _status(self.root / path) if path in self._sizes else None
        return bool(status.st_mode & stat.S_IXUSR) if status is not None and os.name == "posix" else None

    def read(self, path: str) -> Text | None:
        size = self.size(path)
        if size is None or size > SIZE_LIMIT:
            return None
        try:
            return Text.from_bytes(path, (self.root / path).read_bytes())
        except OSError:
            return None


def everything(tree: FolderTree, paths: list[str]) -> Change:
    """These files as a change that adds them all."""
    files = []
    for path in paths:
        text = tree.read(path)
        reason = why_unreadable(text) if text else _why_not_read(tree.size(path))
        if text is None or reason:
            files.append(ChangedFile(Status.ADDED, path, None, None, None, is_readable=False, reason=reason))
        else:
            files.append(ChangedFile(Status.ADDED, path, None, None, text, whole(None, text)))
    return Change(None, None, tuple(files), EmptyTree(), tree)


def _why_not_read(size: int | None) -> str:
    if size is None:
        return "there is no such file"
    return TOO_LARGE if size > SIZE_LIMIT else "it cannot be read"


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None
