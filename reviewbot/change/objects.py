"""Trees and blobs of commits, read in bulk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType

from reviewbot.change.folder import SIZE_LIMIT
from reviewbot.change.git import GitProblem, Repository
from reviewbot.source.text import Text

FILE_MODES = frozenset({"100644", "100755", "100664"})


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a commit's tree: git's mode, the object's id, its size in bytes (0 for submodules).

    ``is_missing`` where the object was left away, as partial clones do.
    """

    mode: str
    object_id: str
    size: int
    is_missing: bool = False

    @property
    def is_file(self) -> bool:
        return self.mode in FILE_MODES


class BlobReader:
    """Reads blobs through one ``git cat-file --batch`` process, for as long as it is needed."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, object_id: str) -> bytes:
        """A blob's bytes. Raises GitProblem when it is not there (a partial clone leaves some away)."""
        process = self._start()
        if process.stdin is None or process.stdout is None:
            raise GitProblem("git cat-file gave no pipes")
        process.stdin.write(f"{object_id}\n".encode())
        process.stdin.flush()
        header = process.stdout.readline().split()
        if len(header) != 3:
            raise GitProblem(f"object {object_id} is missing; fetch the whole commit (no --filter)")
        data = process.stdout.read(int(header[2]))
        process.stdout.read(1)
        return data

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "--no-replace-objects", "-c", "safe.directory=*", "cat-file", "--batch"],
                cwd=self._repository.root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._repository.environment(),
            )
        return self._process

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def __enter__(self) -> BlobReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class CommitTree:
    """All files of one commit."""

    def __init__(self, repository: Repository, commit: str, blobs: BlobReader) -> None:
        self._repository = repository
        self.id = commit
        self._blobs = blobs

    @cached_property
    def entries(self) -> dict[str, TreeEntry]:
        """Every entry by path: files, symlinks and submodules."""
        listing = self._repository.run("ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", self.id)
        entries = {}
        for record in listing.split(b"\0"):
            if record:
                described, _, path = record.partition(b"\t")
                mode, _, object_id, size = described.decode("ascii").split()
                known = int(size) if size.isdecimal() else 0
                entries[os.fsdecode(path)] = TreeEntry(mode, object_id, known, is_missing=size == "BAD")
        return entries

    def paths(self) -> Iterator[str]:
        return (path for path, entry in self.entries.items() if entry.is_file)

    def size(self, path: str) -> int | None:
        entry = self.entries.get(path)
        return entry.size if entry and entry.is_file else None

    def read(self, path: str) -> Text | None:
        size = self.size(path)
        if size is None or size > SIZE_LIMIT or self.entries[path].is_missing:
            return None
        return Text.from_bytes(path, self._blobs.read(self.entries[path].object_id))
