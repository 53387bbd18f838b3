"""From a repository and two references to a Change."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.change.content import SIZE_LIMIT, TOO_LARGE, why_unreadable
from reviewbot.change.folder import EmptyTree
from reviewbot.change.git import Repository
from reviewbot.change.hunks import BlobPair, hunks_between, whole
from reviewbot.change.isolated import isolate
from reviewbot.change.linked import linked_in
from reviewbot.change.model import Change, ChangedFile, Status
from reviewbot.change.objects import SUBMODULE, SYMLINK, BlobReader, CommitTree, TreeEntry
from reviewbot.change.problem import GitProblem
from reviewbot.change.snapshot import snapshot
from reviewbot.change.versions import find_versions
from reviewbot.change.workspace import workspace_of
from reviewbot.finding import Notice
from reviewbot.source.kinds import Kind, kind_of
from reviewbot.source.text import Text


class ReadChange(Struct, frozen=True):
    """A change, and where its two trees are kept in git: tree-ish ids in ``repository`` (None: no base).

    ``repository`` has the objects alone, without the configuration of the one that was asked about.
    """

    change: Change
    repository: Repository
    base_tree: str | None
    head_tree: str
    notices: tuple[Notice, ...]
    linked: tuple[str, ...] = ()
    """Compose files with names of their own, which others include or extend, or a link of another name leads to."""
    workspace: Path | None = None
    """The checkout's folder, where exactly the head is checked out."""


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
    versions = find_versions(repository, base, head, merge_base)
    notices = list(versions.notices)
    with _scratch() as scratch:
        isolated = isolate(repository, scratch)
        head_commit, head_tree = versions.head, versions.head or ""
        if head is None and not repository.is_bare:
            taken = snapshot(repository, isolated, scratch)
            head_tree = taken.tree
            notices += taken.notices
            if head_commit is None or _tree_of(isolated, head_commit) != head_tree:
                head_commit = None
            elif base is None and head_commit == versions.base:
                notices.append(Notice("Nothing is changed here against the default branch; --base names another base."))
        with BlobReader(isolated) as blobs:
            after = CommitTree(isolated, head_tree, blobs)
            before = CommitTree(isolated, versions.base, blobs) if versions.base else None
            patterns = extra or {}
            linked = _linked(before, after, patterns)
            if linked:
                patterns = {**patterns, Kind.COMPOSE: (*patterns.get(Kind.COMPOSE, ()), *linked)}
            comparison = _Comparison(isolated, before, after, patterns)
            change = Change(versions.base, head_commit, comparison.files(), before or EmptyTree(), after)
            said = (*notices, *comparison.notices)
            workspace = _workspace(repository, None if head is None else head_commit)
            yield ReadChange(change, isolated, versions.base, head_tree, said, linked, workspace)


@contextmanager
def _scratch() -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="reviewbot-", ignore_cleanup_errors=True)
    except OSError as problem:
        raise GitProblem(f"no temporary folder can be made: {problem}") from None
    with folder as name:
        yield Path(name)


def _workspace(repository: Repository, commit: str | None) -> Path | None:
    """The checkout's folder where the head (None: the working tree itself) is what it holds."""
    if commit is None:
        return None if repository.is_bare else repository.root
    return workspace_of(repository, commit)


def _linked(before: CommitTree | None, after: CommitTree, extra: Mapping[Kind, Sequence[str]]) -> tuple[str, ...]:
    """The Compose files of both trees that only a link to them, or another Compose file, tells apart."""
    trees = [tree for tree in (before, after) if tree is not None]
    named = [path for tree in trees for path in _named_by_links(tree, extra)]
    known = {**extra, Kind.COMPOSE: (*extra.get(Kind.COMPOSE, ()), *named)} if named else extra
    linked = [path for tree in trees for path in linked_in(tree, known)]
    return tuple(dict.fromkeys((*named, *linked)))


def _named_by_links(tree: CommitTree, extra: Mapping[Kind, Sequence[str]]) -> Iterator[str]:
    """Those beside their links: Compose takes a file's relative paths from where the link is."""
    for link in tree.links():
        path = tree.meant_by(link) if kind_of(link, extra) is Kind.COMPOSE else None
        if path is not None and kind_of(path, extra) is None and path.rpartition("/")[0] == link.rpartition("/")[0]:
            yield path


def _tree_of(repository: Repository, commit: str) -> str:
    return repository.run("rev-parse", "--verify", f"{commit}^{{tree}}").decode("ascii").strip()


class _Comparison:
    """What differs between two trees; texts and hunks only of the files that are read here."""

    def __init__(
        self,
        repository: Repository,
        before: CommitTree | None,
        after: CommitTree,
        extra: Mapping[Kind, Sequence[str]] | None,
    ) -> None:
        self._repository = repository
        self._before = before
        self._after = after
        self._extra = extra
        self._pairs: dict[int, BlobPair] = {}
        self.notices: list[Notice] = []

    def files(self) -> tuple[ChangedFile, ...]:
        old = self._before.entries if self._before else {}
        new = self._after.entries
        renames = _renames(self._repository, self._before, self._after) if self._before else {}
        gone = set(renames.values())
        files: list[ChangedFile] = []
        for path in sorted(old.keys() | new.keys()):
            old_path = renames.get(path, path)
            if path in gone and path not in new:
                continue
            was, now = old.get(old_path), new.get(path)
            if was == now and path == old_path:
                continue
            file = self._file(path, old_path, was, now)
            if file.before and file.after and was and now and was.object_id != now.object_id:
                self._pairs[len(files)] = BlobPair(was.object_id, now.object_id, was.size + now.size)
            files.append(file)
        found = hunks_between(self._repository, list(self._pairs.values()))
        for index, hunks in zip(self._pairs, found, strict=True):
            files[index] = replace(files[index], hunks=hunks)
        return tuple(files)

    def _file(self, path: str, old_path: str, was: TreeEntry | None, now: TreeEntry | None) -> ChangedFile:
        """A changed file; its hunks are still to come where it has two texts."""
        status = _status(path, old_path, was, now)
        renamed_from = old_path if status is Status.RENAMED else None
        if kind_of(path, self._extra) is None and kind_of(old_path, self._extra) is None:
            return ChangedFile(status, path, renamed_from, None, None, is_readable=False)
        old_text, why_not_old = _read(self._before, old_path, was)
        new_text, why_not_new = _read(self._after, path, now)
        reason = why_not_old if now is None else why_not_new
        if reason:
            return ChangedFile(status, path, renamed_from, None, None, is_readable=False, reason=reason)
        if why_not_old and now is not None:
            self.notices.append(
                Notice(f"All of {path} counts as new. The base has nothing to compare it with: {why_not_old}.", path)
            )
        # A link that became a file is all new; what was binary or too large has no lines to compare with.
        is_new = was is None or not was.is_file
        hunks = whole(old_text, new_text) if is_new or now is None else ()
        return ChangedFile(status, path, renamed_from, old_text, new_text, hunks)


def _status(path: str, old_path: str, was: TreeEntry | None, now: TreeEntry | None) -> Status:
    if now is None:
        return Status.DELETED
    if was is None:
        return Status.ADDED
    return Status.RENAMED if path != old_path else Status.MODIFIED


def _read(tree: CommitTree | None, path: str, entry: TreeEntry | None) -> tuple[Text | None, str | None]:
    """An entry's text, or why it has none (None for both where there is no entry)."""
    if tree is None or entry is None:
        return None, None
    reason = _unreadable(entry)
    text = None if reason else tree.read(path)
    reason = reason or (why_unreadable(text) if text else None)
    return (None if reason else text), reason


def _unreadable(entry: TreeEntry) -> str | None:
    """Why an entry is not read as a text."""
    if entry.mode == SYMLINK:
        return "it is a symbolic link, which is not followed"
    if entry.mode == SUBMODULE:
        return "it is a submodule"
    if entry.is_missing:
        return "its content is not in this partial clone; clone without --filter"
    return TOO_LARGE if entry.size > SIZE_LIMIT else None


def _renames(repository: Repository, before: CommitTree, after: CommitTree) -> dict[str, str]:
    """New path → old path of every renamed file: with half of it kept, as git and GitHub count by default."""
    is_partial = any(entry.is_missing for tree in (before, after) for entry in tree.entries.values())
    likeness = "-M100%" if is_partial else "-M50%"
    options = ("-r", "-z", "--raw", likeness, "-l1000", "--diff-filter=R", "--no-ext-diff")
    fields = repository.run("diff-tree", *options, "--end-of-options", before.id, after.id).split(b"\0")
    return {
        os.fsdecode(fields[position + 2]): os.fsdecode(fields[position + 1])
        for position in range(0, len(fields) - 2, 3)
    }
