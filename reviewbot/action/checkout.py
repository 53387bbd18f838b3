"""The commits of a review, brought into the workspace where its checkout left them away."""

from __future__ import annotations

from reviewbot.action.runtime import Runtime
from reviewbot.change.fetch import fetch_commit
from reviewbot.change.git import Repository
from reviewbot.change.problem import GitProblem
from reviewbot.github.client import OutOfPatience, Refused, Unclear


def bring_commits(runtime: Runtime, base: str | None, head: str) -> str | None:
    """Have both commits and their common ancestor in the workspace; gives the ancestor, or else the base.

    Raises GitProblem, with what to do, for a commit that cannot be had.
    """
    repository = Repository(runtime.workspace)
    for commit in (base, head):
        if commit is not None:
            _bring(runtime, repository, commit)
    if base is None:
        return None
    ancestor = repository.merge_base(base, head)
    if ancestor is None and repository.is_shallow():
        ancestor = _compared(runtime, base, head)
        if ancestor is not None:
            _bring(runtime, repository, ancestor)
    return ancestor or base


def _bring(runtime: Runtime, repository: Repository, commit: str) -> None:
    if repository.commit(commit) is not None and not repository.is_partial():
        return
    event = runtime.event
    try:
        fetch_commit(repository, f"{event.server_url}/{event.repository}.git", commit, event.token)
    except GitProblem as problem:
        raise GitProblem(
            f"commit {commit} is not in this checkout and could not be fetched ({problem}); "
            "give `fetch-depth: 0` to actions/checkout"
        ) from None


def _compared(runtime: Runtime, base: str, head: str) -> str | None:
    """The common ancestor as GitHub knows it, which has the whole history."""
    if runtime.client is None:
        return None
    try:
        answer = runtime.client.rest(f"/compare/{base}...{head}", {"per_page": "1"})
        return str(answer["merge_base_commit"]["sha"])
    except (Refused, Unclear, OutOfPatience, KeyError, TypeError):
        return None
