"""What started the workflow: the runner's environment and event file, read once into checked, frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from reviewbot.github import payload as sent
from reviewbot.github.payload import EVENT_NAME, REPOSITORY, Payload, read_payload
from reviewbot.github.problem import GitHubProblem

_URL = r"\Ahttps?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?\Z"
_NUMBER = r"\A[1-9]\d{0,18}\Z"
_TOKEN = r"\A[\x21-\x7e]{1,8192}\Z"  # noqa: S105 (a pattern, not a token)
_QUEUED = re.compile(r"\Arefs/heads/gh-readonly-queue/.+/pr-([1-9]\d{0,9})-[0-9a-f]{40,64}\Z")
_NO_COMMIT = re.compile(r"0+")

_HEAD_WITHOUT_SECRETS = frozenset({"pull_request", "push", "merge_group", "workflow_dispatch", "schedule"})
"""Events whose runs of a stranger's code carry no secret and no token that can write."""

_WITH_PULL_REQUEST = frozenset({"pull_request", "pull_request_target"})
_WITH_COMMENT = frozenset({"issue_comment", "pull_request_review_comment"})


class PullRequest(Struct, frozen=True):
    """The pull request as it was when the event happened; ``head_repository`` is None for a deleted fork."""

    number: int
    base_sha: str
    head_sha: str
    head_repository: str | None
    is_fork: bool
    is_draft: bool
    state: Literal["open", "closed"]
    is_merged: bool
    head_ref: str = ""
    """The head's branch, as its repository names it: whatever its author chose."""


class Commits(Struct, frozen=True):
    """What a push or a merge queue brings in; ``base_sha`` is None for a branch that is new.

    ``pull_number`` is that of the pull request that a merge queue tries.
    """

    base_sha: str | None
    head_sha: str
    pull_number: int | None = None


class Comment(Struct, frozen=True):
    """A new comment on a pull request by ``author``; ``thread_id`` is its thread's first comment (None: conversation)."""

    id: int
    node_id: str
    body: str
    author: str
    is_by_bot: bool
    pull_number: int
    thread_id: int | None


class FirstStage(Struct, frozen=True):
    """The run, of a workflow that may only read, whose result this one publishes."""

    run_id: int
    event: str
    head_sha: str
    head_branch: str | None
    head_repository: str | None


@dataclass(frozen=True)
class Event:
    """One run of the workflow.

    ``may_build`` is True only for events whose run of the head's code cannot reach a token that writes.
    ``notice`` says what reviewbot does not do for this event, None where it does all. ``is_read_only`` tells that the
    token cannot write however the workflow is written: pull requests from forks and of Dependabot.
    URLs carry no trailing slash.
    """

    name: str
    action: str | None
    repository: str
    actor: str
    api_url: str
    graphql_url: str
    server_url: str
    run_id: int | None
    run_attempt: int
    pull: PullRequest | None
    token: str | None = field(repr=False)
    commits: Commits | None = None
    comment: Comment | None = None
    first_stage: FirstStage | None = None

    @property
    def may_build(self) -> bool:
        return self.name in _HEAD_WITHOUT_SECRETS

    @property
    def is_read_only(self) -> bool:
        is_foreign = self.actor == "dependabot[bot]" or (self.pull is not None and self.pull.is_fork)
        return self.name == "pull_request" and is_foreign

    @property
    def run_url(self) -> str | None:
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}" if self.run_id else None

    @property
    def notice(self) -> str | None:
        if self.may_build:
            return None
        if self.name == "pull_request_target":
            return (
                "The event is `pull_request_target`: its token can write, so nothing of the pull request is built or "
                "run and image sizes are not measured. Use `on: pull_request` to have them."
            )
        return f"The event is `{self.name}`: its token can write, so the pull request is never built here."


def read_event(environ: Mapping[str, str], token: str | None) -> Event:
    """The event of this run, from the variables that the Actions runner sets and the event file they name.

    Raises GitHubProblem for what is missing or malformed, naming the variable or the place in the event file.
    """
    name = _checked(environ, "GITHUB_EVENT_NAME", EVENT_NAME)
    repository = _checked(environ, "GITHUB_REPOSITORY", REPOSITORY)
    payload = read_payload(environ)
    token = (token or "").strip() or None
    if token and not re.search(_TOKEN, token):
        raise GitHubProblem("the token holds blanks or characters that no GitHub token has; check `github-token`")
    api_url = _checked(environ, "GITHUB_API_URL", _URL).rstrip("/")
    graphql_url = _checked(environ, "GITHUB_GRAPHQL_URL", _URL).rstrip("/")
    if urlsplit(api_url).netloc != urlsplit(graphql_url).netloc:
        raise GitHubProblem(f"GITHUB_GRAPHQL_URL names another host than GITHUB_API_URL: {graphql_url}")
    return Event(
        name=name,
        action=payload.action,
        repository=repository,
        actor=environ.get("GITHUB_ACTOR", ""),
        api_url=api_url,
        graphql_url=graphql_url,
        server_url=_checked(environ, "GITHUB_SERVER_URL", _URL).rstrip("/"),
        run_id=int(_checked(environ, "GITHUB_RUN_ID", _NUMBER)) if environ.get("GITHUB_RUN_ID") else None,
        run_attempt=int(_checked(environ, "GITHUB_RUN_ATTEMPT", _NUMBER)) if environ.get("GITHUB_RUN_ATTEMPT") else 1,
        pull=_pull_request(name, payload, repository),
        token=token,
        commits=_commits(name, payload, environ),
        comment=_comment(name, payload),
        first_stage=_first_stage(name, payload),
    )


def _checked(environ: Mapping[str, str], variable: str, pattern: str) -> str:
    value = environ.get(variable)
    if not value:
        raise GitHubProblem(f"{variable} is not set: reviewbot's action runs in GitHub Actions only")
    if not re.search(pattern, value):
        raise GitHubProblem(f"{variable} has an unexpected value: {value[:100]!r}")
    return value


def _pull_request(name: str, payload: Payload, repository: str) -> PullRequest | None:
    if name not in _WITH_PULL_REQUEST:
        return None
    if payload.pull_request is None:
        raise GitHubProblem(f"the event file of `{name}` holds no pull request")
    return pull_request_of(payload.pull_request, repository)


def pull_request_of(pull: sent.PullRequest, repository: str) -> PullRequest:
    """A pull request as GitHub describes it. Raises GitHubProblem for one of another repository."""
    base = pull.base.repo.full_name if pull.base.repo else None
    if base is None or base.casefold() != repository.casefold():
        raise GitHubProblem(f"the event is about {base or 'no repository'}, but the workflow runs in {repository}")
    head = pull.head.repo.full_name if pull.head.repo else None
    return PullRequest(
        number=pull.number,
        base_sha=pull.base.sha,
        head_sha=pull.head.sha,
        head_repository=head,
        is_fork=head is None or head.casefold() != base.casefold(),
        is_draft=pull.draft,
        state=pull.state,
        is_merged=bool(pull.merged),
        head_ref=pull.head.ref,
    )


def _commits(name: str, payload: Payload, environ: Mapping[str, str]) -> Commits | None:
    """What to look at where there is no pull request; None for a push that deletes a branch."""
    if name == "merge_group":
        if payload.merge_group is None:
            raise GitHubProblem("the event file of `merge_group` holds no merge group")
        group = payload.merge_group
        queued = _QUEUED.search(group.head_ref)
        return Commits(group.base_sha, group.head_sha, int(queued[1]) if queued else None)
    if name == "push":
        if payload.deleted or payload.after is None or _NO_COMMIT.fullmatch(payload.after):
            return None
        before = payload.before
        return Commits(None if before is None or _NO_COMMIT.fullmatch(before) else before, payload.after)
    if name in ("schedule", "workflow_dispatch"):
        return Commits(None, _checked(environ, "GITHUB_SHA", sent.SHA))
    return None


def _comment(name: str, payload: Payload) -> Comment | None:
    """None for what is no new comment on an open pull request: commands are taken from nothing else."""
    if name not in _WITH_COMMENT or payload.action != "created":
        return None
    said, issue, pull = payload.comment, payload.issue, payload.pull_request
    if said is None or (issue is None and pull is None):
        raise GitHubProblem(f"the event file of `{name}` holds no comment")
    if said.user is None or (issue is not None and issue.pull_request is None):
        return None
    number, state = (issue.number, issue.state) if issue is not None else (pull.number, pull.state) if pull else (0, "")
    if state != "open":
        return None
    thread = (said.in_reply_to_id or said.id) if name == "pull_request_review_comment" else None
    is_by_bot = said.user.type == "Bot" or said.user.login.endswith("[bot]")
    return Comment(said.id, said.node_id, said.body or "", said.user.login, is_by_bot, number, thread)


def _first_stage(name: str, payload: Payload) -> FirstStage | None:
    if name != "workflow_run":
        return None
    run = payload.workflow_run
    if run is None:
        raise GitHubProblem("the event file of `workflow_run` holds no run")
    if payload.action != "completed":
        return None
    head = run.head_repository.full_name if run.head_repository else None
    return FirstStage(run.id, run.event, run.head_sha, run.head_branch, head)
