"""A version's files on disk: a clean build context, free of what attributes, filters and checkouts would add."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from reviewbot.change.git import Repository
from reviewbot.change.objects import SUBMODULE, SYMLINK, BlobReader, CommitTree, TreeEntry
from reviewbot.change.problem import GitProblem


def export_tree(repository: Repository, tree: str, folder: str, destination: Path, max_bytes: int) -> int:
    """Write one folder of a commit or tree (``""``: all of it) below ``destination``, which must be empty.

    Symlinks stay symlinks (they are data for the build), submodules become empty folders. Everything carries the same
    time stamp, and permissions as git knows them, so that two versions differ by content alone. Returns the bytes
    written.

    Raises GitProblem when there is more than ``max_bytes``, a name that would leave the destination, or one that cannot
    be written.
    """
    name = folder.strip("/")
    prefix = f"{name}/" if name not in ("", ".") else ""
    with BlobReader(repository) as blobs:
        entries = CommitTree(repository, tree, blobs).entries
        inside = {path[len(prefix) :]: entry for path, entry in entries.items() if path.startswith(prefix)}
        total = sum(entry.size for entry in inside.values())
        if total > max_bytes:
            raise GitProblem(f"the build context {name or '.'} holds more than {max_bytes} bytes ({total})")
        try:
            _write(inside, destination, blobs)
        except (OSError, ValueError) as problem:
            raise GitProblem(f"the build context {name or '.'} cannot be written: {problem}") from None
    return total


def _write(entries: dict[str, TreeEntry], destination: Path, blobs: BlobReader) -> None:
    folders = {destination}
    links: list[tuple[Path, bytes]] = []
    for path, entry in entries.items():
        place = destination / _inside(path)
        home = place if entry.mode == SUBMODULE else place.parent
        if home not in folders:
            home.mkdir(parents=True, exist_ok=True)
            folders |= {home, *(parent for parent in home.parents if parent.is_relative_to(destination))}
        if entry.mode == SYMLINK:
            links.append((place, blobs.read(entry.object_id)))
        elif entry.is_file:
            with place.open("xb") as file:
                blobs.copy(entry.object_id, file)
            place.chmod(0o755 if entry.mode == "100755" else 0o644)
            os.utime(place, (0, 0))
    # Links come last, so that no file is ever written through one.
    for place, target in links:
        place.symlink_to(os.fsdecode(target))
        os.utime(place, (0, 0), follow_symlinks=False)
    for folder in folders:
        folder.chmod(0o755)
        os.utime(folder, (0, 0))


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or any(part in ("..", ".git") for part in parts):
        raise GitProblem(f"the tree holds a path that leaves it: {path!r}")
    return path
