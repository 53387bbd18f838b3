"""A version's files on disk: a clean build context, free of what attributes, filters and checkouts would add."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from reviewbot.change.git import GitProblem, Repository
from reviewbot.change.objects import BlobReader, CommitTree


def export_tree(repository: Repository, tree: str, folder: str, destination: Path, max_bytes: int) -> int:
    """Write one folder of a commit or tree (``""``: all of it) below ``destination``, which must be empty.

    Symlinks stay symlinks (they are data for the build), submodules become empty folders. All files carry the same
    time stamp, so that two versions differ by content alone. Returns the bytes written.

    Raises GitProblem when there is more than ``max_bytes``, or a name that would leave the destination.
    """
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    links: list[tuple[Path, bytes]] = []
    written = 0
    with BlobReader(repository) as blobs:
        for path, entry in CommitTree(repository, tree, blobs).entries.items():
            if not path.startswith(prefix):
                continue
            place = destination / _inside(path[len(prefix) :])
            if entry.mode == "160000":
                place.mkdir(parents=True, exist_ok=True)
                continue
            written += entry.size
            if written > max_bytes:
                raise GitProblem(f"the build context {folder or '.'} holds more than {max_bytes} bytes")
            place.parent.mkdir(parents=True, exist_ok=True)
            data = blobs.read(entry.object_id)
            if entry.mode == "120000":
                links.append((place, data))
                continue
            place.write_bytes(data)
            place.chmod(0o755 if entry.mode == "100755" else 0o644)
            os.utime(place, (0, 0))
    # Links come last, so that no file is ever written through one.
    for place, target in links:
        place.symlink_to(os.fsdecode(target))
    return written


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or any(part in ("..", ".git") for part in parts):
        raise GitProblem(f"the tree holds a path that leaves it: {path!r}")
    return path
