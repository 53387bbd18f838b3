"""What git says about two commits, cut as GitHub shows it."""

from __future__ import annotations

import functools
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from end_to_end.git_environment import git_environment

Side = Literal["LEFT", "RIGHT"]

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_STATUSES = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_MAX_PATCH = 20_000
"""Lines: GitHub leaves the patch of a file with more changes away."""


@dataclass(frozen=True)
class Hunk:
    """``lines`` carry git's first character, but not their newline."""

    header: str
    lines: tuple[str, ...]

    @functools.cached_property
    def numbers(self) -> list[tuple[int | None, int | None]]:
        """Of each line, its number in the old and in the new file."""
        match = _HUNK.match(self.header)
        assert match is not None
        old, new = int(match[1]), int(match[3])
        numbers: list[tuple[int | None, int | None]] = []
        for line in self.lines:
            in_old, in_new = line[:1] in " -", line[:1] in " +"
            numbers.append((old if in_old else None, new if in_new else None))
            old, new = old + in_old, new + in_new
        return numbers

    def index(self, side: Side, line: int) -> int | None:
        """Which of the hunk's lines a line of a file is."""
        column = 0 if side == "LEFT" else 1
        return next((index for index, numbers in enumerate(self.numbers) if numbers[column] == line), None)


@dataclass(frozen=True)
class FileDiff:
    """``patch`` is None for files that GitHub shows no diff of; ``hunks`` are empty then."""

    path: str
    old_path: str | None
    status: str
    blob: str
    hunks: tuple[Hunk, ...]
    patch: str | None

    @property
    def additions(self) -> int:
        return sum(line.startswith("+") for hunk in self.hunks for line in hunk.lines)

    @property
    def deletions(self) -> int:
        return sum(line.startswith("-") for hunk in self.hunks for line in hunk.lines)

    def hunk(self, side: Side, line: int) -> Hunk | None:
        """The hunk that shows a line."""
        return next((hunk for hunk in self.hunks if hunk.index(side, line) is not None), None)


_BOT = {"NAME": "github-actions[bot]", "EMAIL": "bot@example.com", "DATE": "2026-01-02T00:00:00Z"}


class Git:
    """Questions to one repository; answers about commits never change, so they are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def commit(self, name: str) -> str:
        """The full id of a commit; raises subprocess.CalledProcessError where there is none."""
        return self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()

    @functools.cache  # noqa: B019 (as short-lived as a test)
    def merge_base(self, base: str, head: str) -> str:
        return self._run("merge-base", base, head).strip()

    @functools.cache  # noqa: B019
    def commits(self, base: str, head: str) -> list[str]:
        """Ids of the commits of ``head`` that ``base`` has not, oldest first."""
        return self._run("rev-list", "--reverse", f"{base}..{head}").split()

    @functools.cache  # noqa: B019
    def details(self, commit: str) -> tuple[str, list[str], str, str]:
        """A commit's tree, its parents, its date (ISO 8601) and its message."""
        tree, parents, date, message = self._run("show", "-s", "--format=%T%n%P%n%cI%n%B", commit).split("\n", 3)
        return tree, parents.split(), date, message.strip()

    @functools.cache  # noqa: B019
    def files(self, base: str, head: str, context: int = 3) -> dict[str, FileDiff]:
        """What is different in ``head``, by its path there (of a deleted file, in ``base``)."""
        options = ("--no-ext-diff", "--no-textconv", "--no-color", "-M")
        raw = iter(self._run("diff", "--raw", "--no-abbrev", "-z", *options, base, head).split("\0"))
        shown = self._run("diff", f"-U{context}", *options, base, head)
        patches = iter(re.split(r"^(?=diff --git )", shown, flags=re.MULTILINE)[1:])
        found = {}
        for described in raw:
            if not described:
                continue
            _, _, old_blob, new_blob, letter = described.split(" ")
            old_path = next(raw)
            path = next(raw) if letter[0] in "RC" else old_path
            hunks = tuple(_hunks(next(patches)))
            if letter == "T":  # git shows another type, a symlink say, as one file deleted and one added
                hunks += tuple(_hunks(next(patches)))
            is_shown = bool(hunks) and sum(len(hunk.lines) for hunk in hunks) <= _MAX_PATCH
            found[path] = FileDiff(
                path=path,
                old_path=old_path if old_path != path else None,
                status=_STATUSES[letter[0]],
                blob=old_blob if letter == "D" else new_blob,
                hunks=hunks if is_shown else (),
                patch="\n".join(line for hunk in hunks for line in (hunk.header, *hunk.lines)) if is_shown else None,
            )
        return found

    def commit_files(self, parent: str, files: Mapping[str, bytes], message: str) -> str:
        """A new commit of the parent's files with these in their place."""
        with tempfile.TemporaryDirectory() as scratch:
            environment = git_environment(
                GIT_INDEX_FILE=f"{scratch}/index",
                **{f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _BOT.items()},
            )

            def run(*arguments: str, given: bytes = b"") -> str:
                command = ["git", "--git-dir", str(self.folder), *arguments]
                done = subprocess.run(command, env=environment, input=given, capture_output=True, check=True)
                return done.stdout.decode().strip()

            run("read-tree", parent)
            for path, content in files.items():
                blob = run("hash-object", "-w", "--stdin", given=content)
                run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
            return run("commit-tree", run("write-tree"), "-p", parent, "-F", "-", given=message.encode())

    def content(self, commit: str, path: str) -> bytes:
        return self._output("cat-file", "blob", f"{commit}:{path}")

    def moved(self, old: str, new: str, path: str, lines: Sequence[int]) -> tuple[str, list[int]] | None:
        """Where a file's lines are in a later commit: its path there, and the lines; None where one is changed."""
        files = self.files(old, new, context=0).values()
        file = next((each for each in files if path in (each.old_path, each.path)), None)
        if file is None:
            return path, list(lines)
        if file.status == "removed":
            return None
        moved = [_moved(file.hunks, line) for line in lines]
        return (file.path, [line for line in moved if line]) if all(moved) else None

    def _run(self, *arguments: str) -> str:
        return self._output(*arguments).decode(errors="replace")

    def _output(self, *arguments: str) -> bytes:
        command = ["git", "--git-dir", str(self.folder), "-c", "core.quotePath=false", *arguments]
        return subprocess.run(command, env=git_environment(), capture_output=True, check=True).stdout


def _hunks(patch: str) -> Iterator[Hunk]:
    for part in re.split(r"^(?=@@ )", patch, flags=re.MULTILINE)[1:]:
        header, *lines = part.removesuffix("\n").split("\n")
        yield Hunk(header, tuple(lines))


def _moved(hunks: Sequence[Hunk], line: int) -> int | None:
    """A line's new number, by hunks without context; None for a line that they change."""
    shift = 0
    for hunk in hunks:
        match = _HUNK.match(hunk.header)
        assert match is not None
        old_start, old_count, new_count = int(match[1]), int(match[2] or 1), int(match[4] or 1)
        first_after = old_start + max(old_count, 1)  # an insertion stands after the line that its header names
        if old_count and old_start <= line < first_after:
            return None
        if line >= first_after:
            shift += new_count - old_count
    return line + shift
