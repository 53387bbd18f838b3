"""The working tree as a tree object, so that it is read like any commit.

It holds what a commit of everything would: tracked files, and untracked ones that are not ignored, with line ends
converted as the attributes say. Unlike a commit it runs no filter, and leaves the repository and its index alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from reviewbot.change.git import Repository, quoted
from reviewbot.change.objects import SYMLINK
from reviewbot.change.problem import GitProblem
from reviewbot.finding import Notice

LARGE = 100 * 1024 * 1024
"""Bytes of a file on disk that is left as it was committed: copying disk images about helps no review."""

MOST_UNTRACKED = 20_000
"""More untracked files than this are somebody's forgotten ``node_modules``."""

_CONVERSION = ("filemode", "symlinks", "ignorecase", "autocrlf", "eol", "trustctime", "checkstat", "excludesfile")
"""Settings of ``core`` that say how files on disk stand for those in commits; none of them can run anything."""


class Snapshot(Struct, frozen=True):
    """The tree's id, and what of the disk is not in it."""

    tree: str
    notices: tuple[Notice, ...]


def snapshot(repository: Repository, isolated: Repository, scratch: Path) -> Snapshot:
    """Write the working tree of ``repository`` as a tree into ``isolated``; ``scratch`` is for temporary files."""
    return _Snapshot(repository, isolated, scratch).take()


class _Snapshot:
    def __init__(self, repository: Repository, isolated: Repository, scratch: Path) -> None:
        self._root = repository.root
        self._scratch = scratch
        self._isolated = isolated
        self._settings = _conversion(repository)
        self._excluded = repository.common_dir / "info" / "exclude"
        self._notices: list[Notice] = []
        index = repository.git_dir / "index"
        self._working = isolated.with_environment(
            {
                "GIT_WORK_TREE": str(self._root.absolute()),
                "GIT_INDEX_FILE": str(index.absolute()),
                **_as_variables(self._settings),
            }
        )
        # An index may be split: git looks for its other part in the git directory, which is now ours.
        for shared in repository.git_dir.glob("sharedindex.*"):
            (scratch / "own.git" / shared.name).symlink_to(shared.absolute())

    def take(self) -> Snapshot:
        entries = self._index()
        regular: dict[str, str] = {}
        links: dict[str, bytes] = {}
        for path in self._differing():
            place = self._root / path
            status = None if self._is_behind_link(place) else _status(place)
            if status is None:
                entries.pop(path, None)
            elif stat.S_ISLNK(status.st_mode):
                links[path] = os.fsencode(place.readlink())
            elif status.st_size > LARGE or not os.access(place, os.R_OK):
                why = f"larger than {LARGE // 1024 // 1024} MiB" if status.st_size > LARGE else "not readable"
                self._notices.append(
                    Notice(f"{path} is {why}: what it holds on disk is not part of this review.", path)
                )
            else:
                regular[path] = self._mode(status, entries.get(path, ("", ""))[0])
        for path, blob in zip(regular, self._blobs(regular), strict=True):
            entries[path] = (regular[path], blob)
        for path, blob in zip(links, self._link_blobs(links.values()), strict=True):
            entries[path] = (SYMLINK, blob)
        return Snapshot(self._tree(entries), tuple(self._notices))

    def _index(self) -> dict[str, tuple[str, str]]:
        """Mode and object of every file in the index; of a conflicted one, our side."""
        entries: dict[str, tuple[str, str]] = {}
        for record in self._working.run("ls-files", "-z", "--stage").split(b"\0"):
            if record:
                described, _, path = record.partition(b"\t")
                mode, object_id, stage = described.decode("ascii").split()
                if stage in ("0", "2"):
                    entries[os.fsdecode(path)] = (mode, object_id)
        return entries

    def _differing(self) -> list[str]:
        """Paths whose files on disk may differ from the index, and untracked ones."""
        changed = _names(
            self._working.run("diff-files", "-z", "--name-only", "--no-ext-diff", "--ignore-submodules=all")
        )
        excluded = [f"--exclude-from={self._excluded.absolute()}"] if self._excluded.is_file() else []
        untracked = _names(self._working.run("ls-files", "-z", "--others", "--exclude-standard", *excluded))
        untracked = [path for path in untracked if not path.endswith("/")]
        if len(untracked) > MOST_UNTRACKED:
            why = f"there are more than {MOST_UNTRACKED} of them; what is to be ignored belongs into .gitignore"
            self._notices.append(Notice(f"Untracked files are not part of this review: {why}."))
            untracked = []
        return list(dict.fromkeys([*changed, *untracked]))

    def _is_behind_link(self, place: Path) -> bool:
        return any(parent.is_symlink() for parent in place.parents if self._root in parent.parents)

    def _mode(self, status: os.stat_result, before: str) -> str:
        if self._settings.get("core.symlinks") == "false" and before == SYMLINK:
            return before
        if self._settings.get("core.filemode") == "false":
            return before or "100644"
        return "100755" if status.st_mode & stat.S_IXUSR else "100644"

    def _blobs(self, paths: Iterable[str]) -> list[str]:
        try:
            return self._hashed(self._working, paths)
        except GitProblem:
            # An encoding that a file's attributes name, and its content does not have: take it as it stands.
            return self._hashed(self._working, paths, "--no-filters")

    def _link_blobs(self, targets: Iterable[bytes]) -> list[str]:
        folder = self._scratch / "links"
        folder.mkdir()
        places = []
        for number, target in enumerate(targets):
            place = folder / str(number)
            place.write_bytes(target)
            places.append(str(place.absolute()))
        return self._hashed(self._isolated, places, "--no-filters")

    @staticmethod
    def _hashed(repository: Repository, paths: Iterable[str], *options: str) -> list[str]:
        asked = b"".join(quoted(os.fsencode(path)) + b"\n" for path in paths)
        if not asked:
            return []
        fast = ("core.compression=0",)
        return repository.run("hash-object", "-w", *options, "--stdin-paths", stdin=asked, config=fast).decode().split()

    def _tree(self, entries: Mapping[str, tuple[str, str]]) -> str:
        lines = b"".join(
            f"{mode} {object_id}\t".encode() + os.fsencode(path) + b"\0" for path, (mode, object_id) in entries.items()
        )
        own = self._isolated.with_environment({"GIT_INDEX_FILE": str((self._scratch / "index").absolute())})
        own.run("update-index", "-z", "--index-info", stdin=lines)
        return own.run("write-tree", "--missing-ok").decode("ascii").strip()


def _conversion(repository: Repository) -> dict[str, str]:
    """How the repository's and the user's configuration convert between disk and commits."""
    users = {"GIT_CONFIG_GLOBAL": os.environ.get("GIT_CONFIG_GLOBAL"), "GIT_CONFIG_NOSYSTEM": None}
    pattern = rf"^core\.({'|'.join(_CONVERSION)})$"
    listing = repository.with_environment(users).run("config", "-z", "--get-regexp", pattern, ok=(0, 1))
    records = (os.fsdecode(record).partition("\n") for record in listing.split(b"\0") if record)
    return {name.lower(): value for name, separator, value in records if separator}


def _as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings in git's environment, where no value needs quoting."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _status(place: Path) -> os.stat_result | None:
    """A file's or link's status; None when there is none."""
    try:
        status = place.lstat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode) else None


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]
