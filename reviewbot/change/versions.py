"""Which two commits a change lies between, as people who use git expect it."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.change.git import Repository
from reviewbot.change.problem import GitProblem
from reviewbot.finding import Notice

DEFAULT_BRANCHES = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/remotes/upstream/HEAD",
    "refs/heads/main",
    "refs/heads/master",
)
"""Where a change is taken to lead when nobody says so; whole names, which no tag can take the place of."""


class Versions(Struct, frozen=True):
    """Commit ids: ``base`` is where the change starts (None: from nothing), ``head`` the newest commit of it.

    ``head`` is None in a repository without commits.
    """

    base: str | None
    head: str | None
    notices: tuple[Notice, ...] = ()


def find_versions(repository: Repository, base: str | None, head: str | None, merge_base: str | None) -> Versions:
    """The commits that two references mean, compared as for a pull request: from their best common ancestor.

    By default the head is ``HEAD``, and the base the default branch; on the default branch itself that leaves what has
    not been pushed, or what the working tree changes. Without a common ancestor the two are compared directly.

    Raises GitProblem, with what to do, when there is no such commit.
    """
    newest = _head(repository, head)
    start = _base(repository, base, newest)
    if merge_base is not None or start is None or newest is None or start == newest:
        return Versions(merge_base or start, newest)
    ancestor = repository.merge_base(start, newest)
    if ancestor is not None:
        return Versions(ancestor, newest)
    why = (
        "this clone is shallow, and the history ends before they meet: use `fetch-depth: 0` in actions/checkout, "
        "or `git fetch --unshallow`"
        if repository.is_shallow()
        else "their histories are unrelated"
    )
    notice = Notice(f"{start[:12]} and {newest[:12]} have no common ancestor ({why}); they were compared directly.")
    return Versions(start, newest, (notice,))


def _head(repository: Repository, head: str | None) -> str | None:
    commit = repository.commit("HEAD" if head is None else head)
    if commit is None and head is not None:
        raise GitProblem(f"there is no commit {head!r} here{_cut_off(repository)}; name another one with --head")
    if commit is None and repository.is_bare:
        raise GitProblem("this repository has no commits")
    return commit


def _base(repository: Repository, base: str | None, head: str | None) -> str | None:
    if base is not None:
        commit = repository.commit(base) or repository.commit(f"refs/remotes/origin/{base}")
        if commit is None:
            raise GitProblem(f"there is no commit {base!r} here{_cut_off(repository)}; name another one with --base")
        return commit
    branches = (repository.commit(branch) for branch in DEFAULT_BRANCHES)
    return next((commit for commit in branches if commit is not None), head)


def _cut_off(repository: Repository) -> str:
    if not repository.is_shallow():
        return ""
    return " (this clone is shallow: fetch more of it, e.g. `git fetch --unshallow`)"
