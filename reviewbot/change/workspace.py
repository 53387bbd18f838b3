"""Files as they lie in a checkout, generated ones among them, as a build context."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from reviewbot.change.git import Repository
from reviewbot.change.problem import GitProblem
from reviewbot.source.ignore import IgnoreFile, parse_ignore
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

_GIT = ".git"
_IGNORE = ".dockerignore"
_MOST_BYTES_OF_IGNORE = 1_000_000


def workspace_of(repository: Repository, commit: str) -> Path | None:
    """The checkout of exactly this commit; None where another one is checked out, or none."""
    if repository.is_bare:
        return None
    return repository.root if repository.commit("HEAD") == commit else None


def export_workspace(root: Path, folder: str, destination: Path, max_bytes: int) -> int:
    """Copy one folder of a checkout (``""``: all of it) below ``destination``, which is there; gives the bytes.

    As with a commit's files: no git, links stay links, the same time stamp on everything, and git's permissions. What
    the folder's ignore file leaves out of the context is not copied, unless another ignore file may count. Raises
    GitProblem when there is more than ``max_bytes``, or a link on the way to the folder.
    """
    source = root / folder
    if any(part.is_symlink() for part in (source, *source.parents) if part != root and part.is_relative_to(root)):
        raise GitProblem(f"the build context {folder} is a link, or lies behind one")
    ignore = _ignore_file(source)
    total = 0
    folders = [destination]
    try:
        for relative, status in _entries(source, "", ignore):
            place = destination / relative
            if stat.S_ISDIR(status.st_mode):
                place.mkdir()
                folders.append(place)
                continue
            total += status.st_size
            if total > max_bytes:
                raise GitProblem(f"the build context {folder or '.'} holds more than {max_bytes} bytes")
            _copy(source / relative, place, status)
        for made in reversed(folders):
            made.chmod(0o755)
            os.utime(made, (0, 0))
    except OSError as problem:
        raise GitProblem(f"the build context {folder or '.'} cannot be copied: {problem}") from None
    return total


def _entries(source: Path, below: str, ignore: IgnoreFile | None) -> Iterator[tuple[str, os.stat_result]]:
    """Folders, files and links, each folder before what is in it; sockets and devices are left out."""
    with os.scandir(source / below) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        relative = f"{below}/{entry.name}" if below else entry.name
        status = entry.stat(follow_symlinks=False)
        is_folder = stat.S_ISDIR(status.st_mode)
        if entry.name == _GIT or not (is_folder or stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            continue
        is_left_out = ignore is not None and ignore.excludes(relative)
        if is_left_out and (not is_folder or ignore is None or not _readmits_any(ignore)):
            continue
        yield relative, status
        if is_folder:
            yield from _entries(source, relative, ignore)


def _copy(source: Path, place: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        place.symlink_to(source.readlink())
        os.utime(place, (0, 0), follow_symlinks=False)
        return
    shutil.copyfile(source, place, follow_symlinks=False)
    place.chmod(0o755 if status.st_mode & stat.S_IXUSR else 0o644)
    os.utime(place, (0, 0))


def _ignore_file(source: Path) -> IgnoreFile | None:
    """The folder's own ignore file, where no Dockerfile in it has one to itself that would count instead."""
    path = source / _IGNORE
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_BYTES_OF_IGNORE or _has_others(source):
            return None
        return parse_ignore(Text.from_bytes(_IGNORE, path.read_bytes()))
    except (OSError, SourceProblem):
        return None


def _has_others(source: Path) -> bool:
    for _, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name not in (_GIT, "node_modules")]
        if any(name.endswith(_IGNORE) and name != _IGNORE for name in names):
            return True
    return False


def _readmits_any(ignore: IgnoreFile) -> bool:
    return any(pattern.negated for pattern in ignore.patterns)
