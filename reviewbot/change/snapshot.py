"""The working tree as a tree object, so that it is read like any commit.

The objects go into a folder of their own, with the repository's as alternates: nothing is written to the repository,
its index or its object store, and no clean filter runs.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from reviewbot.change.git import Repository


def snapshot(repository: Repository, scratch: Path) -> tuple[Repository, str]:
    """Write the working tree (tracked files, and untracked ones that are not ignored) as a tree.

    ``scratch`` is an empty folder that must live as long as the tree is read. Returns the repository as it sees the new
    objects, and the tree's id.
    """
    objects = scratch / "objects"
    objects.mkdir()
    real = Path(os.fsdecode(repository.run("rev-parse", "--git-path", "objects").rstrip(b"\n")))
    alternate = str(real if real.is_absolute() else repository.root / real)
    inside = repository.with_environment(
        {
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": '"' + alternate.replace("\\", "\\\\").replace('"', '\\"') + '"',
            "GIT_INDEX_FILE": str(scratch / "index"),
        }
    )
    entries = _index(repository)
    changed = set(_names(repository.run("diff-files", "-z", "--name-only", "--no-ext-diff", "--ignore-submodules=all")))
    untracked = _names(repository.run("ls-files", "-z", "--others", "--exclude-standard"))
    for path in [*changed, *untracked]:
        entry = _entry(inside, path)
        if entry is None:
            entries.pop(path, None)
        else:
            entries[path] = entry
    lines = b"".join(
        f"{mode} {object_id}\t".encode() + os.fsencode(p) + b"\0" for p, (mode, object_id) in entries.items()
    )
    inside.run("update-index", "-z", "--index-info", stdin=lines)
    return inside, inside.run("write-tree", "--missing-ok").decode("ascii").strip()


def _index(repository: Repository) -> dict[str, tuple[str, str]]:
    """Mode and object of every file in the index; of a conflicted one, our side."""
    entries: dict[str, tuple[str, str]] = {}
    for record in repository.run("ls-files", "-z", "--stage").split(b"\0"):
        if record:
            described, _, path = record.partition(b"\t")
            mode, object_id, stage = described.decode("ascii").split()
            if stage in ("0", "2"):
                entries[os.fsdecode(path)] = (mode, object_id)
    return entries


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def _entry(repository: Repository, path: str) -> tuple[str, str] | None:
    """A file of the disk as a blob; None when it is gone, or lies behind a symlink."""
    place = repository.root / path
    if any(parent.is_symlink() for parent in place.parents if repository.root in parent.parents):
        return None
    try:
        status = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(status.st_mode):
        mode, data = "120000", os.fsencode(place.readlink())
    elif stat.S_ISREG(status.st_mode):
        mode, data = ("100755" if status.st_mode & stat.S_IXUSR else "100644"), place.read_bytes()
    else:
        return None
    return mode, repository.run("hash-object", "-w", "--no-filters", "--stdin", stdin=data).decode("ascii").strip()
