"""From a repository and two references to a Change."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reviewbot.change.folder import SIZE_LIMIT, EmptyTree
from reviewbot.change.git import GitProblem, Repository
from reviewbot.change.hunks import hunks_between, whole
from reviewbot.change.model import Change, ChangedFile, Status
from reviewbot.change.objects import BlobReader, CommitTree, TreeEntry
from reviewbot.change.snapshot import snapshot
from reviewbot.finding import Notice
from reviewbot.source.kinds import Kind, kind_of

DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "upstream/HEAD", "main", "master")


@dataclass(frozen=True)
class ReadChange:
    """A change, and where its two trees are kept in git: tree-ish ids in ``repository`` (None: no base)."""

    change: Change
    repository: Repository
    base_tree: str | None
    head_tree: str
    notices: tuple[Notice, ...]


@contextmanager
def read_change(
    folder: Path,
    base: str | None = None,
    head: str | None = None,
    *,
    merge_base: str | None = None,
    extra: Mapping[Kind, Sequence[str]] | None = None,
) -> Iterator[ReadChange]:
    """The change between two versions of the repository that ``folder`` is in; usable inside the ``with`` block.

    ``base`` is compared as for a pull request: from the best common ancestor with the head. By default it is the
    repository's default branch, and the head is the working tree as it stands. ``merge_base`` names the ancestor
    where the caller knows it (the history at hand may be cut off).

    Raises GitProblem, with what to do, when there is no such repository or reference.
    """
    repository = Repository(folder)
    notices: list[Notice] = []
    current = _head_commit(repository, head)
    start = _base_commit(repository, base, current)
    base_commit = merge_base or _ancestor(repository, start, current, notices)
    with tempfile.TemporaryDirectory(prefix="reviewbot-") as scratch:
        head_commit: str | None = current
        head_tree = current or ""
        if head is None and not repository.is_bare:
            repository, head_tree = snapshot(repository, Path(scratch))
            if current is None or repository.run("rev-parse", f"{current}^{{tree}}").decode().strip() != head_tree:
                head_commit = None
        with BlobReader(repository) as blobs:
            after = CommitTree(repository, head_tree, blobs)
            before = CommitTree(repository, base_commit, blobs) if base_commit else None
            files = _changed_files(repository, before, after, extra)
            change = Change(base_commit, head_commit, files, before or EmptyTree(), after)
            yield ReadChange(change, repository, base_commit, head_tree, tuple(notices))


def _head_commit(repository: Repository, head: str | None) -> str | None:
    """The head's commit; None in a repository without any commit."""
    commit = repository.commit(head or "HEAD")
    if commit is None and head is not None:
        raise GitProblem(f"there is no commit {head!r} here; fetch it, or name another one with --head")
    if commit is None and repository.is_bare:
        raise GitProblem("this repository has no commits")
    return commit


def _base_commit(repository: Repository, base: str | None, head: str | None) -> str | None:
    if base is not None:
        commit = repository.commit(base) or repository.commit(f"origin/{base}")
        if commit is None:
            shallow = (
                " (this clone is shallow: fetch more of it, e.g. `git fetch --unshallow`)"
                if repository.is_shallow()
                else ""
            )
            raise GitProblem(f"there is no commit {base!r} here{shallow}; name another one with --base")
        return commit
    for branch in DEFAULT_BRANCHES:
        commit = repository.commit(branch)
        if commit is not None:
            return commit
    return head


def _ancestor(repository: Repository, base: str | None, head: str | None, notices: list[Notice]) -> str | None:
    if base is None or head is None or base == head:
        return base
    ancestor = repository.merge_base(base, head)
    if ancestor is None:
        why = (
            "this clone is shallow, and the history ends before they meet: use `fetch-depth: 0` in actions/checkout, "
            "or `git fetch --unshallow`"
            if repository.is_shallow()
            else "their histories are unrelated"
        )
        notices.append(
            Notice(f"{base[:12]} and {head[:12]} have no common ancestor ({why}); they were compared directly.")
        )
    return ancestor or base


def _changed_files(
    repository: Repository, before: CommitTree | None, after: CommitTree, extra: Mapping[Kind, Sequence[str]] | None
) -> tuple[ChangedFile, ...]:
    old = before.entries if before else {}
    new = after.entries
    renames = _renames(repository, before, after) if before else {}
    gone = set(renames.values())
    files = []
    for path in sorted(old.keys() | new.keys()):
        old_path = renames.get(path, path)
        if path in gone and path not in new:
            continue
        was, now = old.get(old_path), new.get(path)
        if was == now and path == old_path:
            continue
        files.append(_changed_file(repository, path, old_path, was, now, before, after, extra))
    return tuple(files)


def _changed_file(
    repository: Repository,
    path: str,
    old_path: str,
    was: TreeEntry | None,
    now: TreeEntry | None,
    before: CommitTree | None,
    after: CommitTree,
    extra: Mapping[Kind, Sequence[str]] | None,
) -> ChangedFile:
    status = _status(path, old_path, was, now)
    renamed_from = old_path if status is Status.RENAMED else None
    if kind_of(path, extra) is None and kind_of(old_path, extra) is None:
        return ChangedFile(status, path, renamed_from, None, None, is_readable=False)
    reason = _unreadable(now) or (_unreadable(was) if now is None else None)
    if reason:
        return ChangedFile(status, path, renamed_from, None, None, is_readable=False, reason=reason)
    old_text = before.read(old_path) if before and was and not _unreadable(was) else None
    new_text = after.read(path) if now else None
    if any(text is not None and "\0" in text.content[:8000] for text in (old_text, new_text)):
        return ChangedFile(status, path, renamed_from, None, None, is_readable=False, reason="it is a binary file")
    if old_text and new_text and was and now:
        hunks = hunks_between(repository, was.object_id, now.object_id)
    else:
        hunks = whole(old_text, new_text)
    return ChangedFile(status, path, renamed_from, old_text, new_text, hunks)


def _status(path: str, old_path: str, was: TreeEntry | None, now: TreeEntry | None) -> Status:
    if now is None:
        return Status.DELETED
    if was is None:
        return Status.ADDED
    return Status.RENAMED if path != old_path else Status.MODIFIED


def _unreadable(entry: TreeEntry | None) -> str | None:
    """Why an entry is not read as a text."""
    if entry is not None and entry.is_missing:
        return "its content is not in this partial clone; clone without --filter"
    if entry is None or (entry.is_file and entry.size <= SIZE_LIMIT):
        return None
    if entry.mode == "120000":
        return "it is a symbolic link, which is not followed"
    if entry.mode == "160000":
        return "it is a submodule"
    return f"it is larger than {SIZE_LIMIT // 1024 // 1024} MiB"


def _renames(repository: Repository, before: CommitTree, after: CommitTree) -> dict[str, str]:
    """New path → old path of every renamed file."""
    output = repository.run(
        "diff-tree",
        "-r",
        "-z",
        "-M",
        "--raw",
        "--diff-filter=R",
        "--no-ext-diff",
        "--end-of-options",
        before.id,
        after.id,
    )
    fields = output.split(b"\0")
    renames = {}
    for position in range(0, len(fields) - 2, 3):
        renames[os.fsdecode(fields[position + 2])] = os.fsdecode(fields[position + 1])
    return renames
