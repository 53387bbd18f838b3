"""Trees and blobs of commits, read in bulk."""

from __future__ import annotations

import io
import os
import posixpath
import subprocess
import threading
from collections.abc import Iterator
from functools import cached_property
from types import TracebackType
from typing import IO

from msgspec import Struct

from reviewbot.change.content import SIZE_LIMIT
from reviewbot.change.git import Repository
from reviewbot.change.problem import GitProblem
from reviewbot.source.text import Text

FILE_MODES = frozenset({"100644", "100755", "100664"})
SYMLINK = "120000"
SUBMODULE = "160000"

_PIECE = 1024 * 1024
_LONGEST_TARGET = 4096


class TreeEntry(Struct, frozen=True):
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
    """Reads blobs through one ``git cat-file --batch`` process, for as long as it is needed; one at a time, whoever asks."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, object_id: str) -> bytes:
        """A blob's bytes. Raises GitProblem when it is not there (a partial clone leaves some away)."""
        blob = io.BytesIO()
        self.copy(object_id, blob)
        return blob.getvalue()

    def copy(self, object_id: str, target: IO[bytes]) -> None:
        """Write a blob's bytes to a file, in pieces. Raises GitProblem as ``read`` does."""
        with self._lock:
            self._copy(object_id, target)

    def _copy(self, object_id: str, target: IO[bytes]) -> None:
        stdin, stdout = self._pipes()
        try:
            stdin.write(f"{object_id}\n".encode())
            stdin.flush()
        except BrokenPipeError:
            self.close()
            raise GitProblem(f"object {object_id} cannot be read: git cat-file ended") from None
        header = stdout.readline().split()
        if len(header) != 3:
            raise GitProblem(f"object {object_id} is missing; fetch the whole commit (no --filter)")
        left = int(header[2])
        while left:
            piece = stdout.read(min(left, _PIECE))
            if not piece:
                self.close()
                raise GitProblem(f"object {object_id} cannot be read: git cat-file ended")
            left -= len(piece)
            target.write(piece)
        stdout.read(1)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = subprocess.Popen(
                self._repository.command("cat-file", "--batch"),
                cwd=self._repository.root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._repository.environment(),
            )
        if self._process.stdin is None or self._process.stdout is None:
            raise GitProblem("git cat-file gave no pipes")
        return self._process.stdin, self._process.stdout

    def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        # What was asked for and not read is of no interest any more.
        process.kill()
        process.communicate()

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

    def is_link(self, path: str) -> bool:
        entry = self.entries.get(path)
        return entry is not None and not entry.is_file

    def links(self) -> Iterator[str]:
        """Every symlink's path."""
        return (path for path, entry in self.entries.items() if entry.mode == SYMLINK)

    def meant_by(self, link: str) -> str | None:
        """The file of this tree that a symlink names; None where it leads out of the tree, nowhere, or to another link."""
        entry = self.entries[link]
        if entry.is_missing or entry.size > _LONGEST_TARGET:
            return None
        target = os.fsdecode(self._blobs.read(entry.object_id))
        path = posixpath.normpath(posixpath.join(posixpath.dirname(link), target))
        return path if self.size(path) is not None else None

    def is_executable(self, path: str) -> bool | None:
        entry = self.entries.get(path)
        return entry.mode == "100755" if entry and entry.is_file else None

    def read(self, path: str) -> Text | None:
        size = self.size(path)
        if size is None or size > SIZE_LIMIT or self.entries[path].is_missing:
            return None
        return Text.from_bytes(path, self._blobs.read(self.entries[path].object_id))
