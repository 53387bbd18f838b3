"""What started the workflow: the runner's environment and event file, read once into checked, frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from reviewbot.github.problem import GitHubProblem

_MAX_EVENT_BYTES = 32 * 1024 * 1024
"""GitHub sends no payload over 25 MB."""

_SHA = r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z"
_REPOSITORY = r"\A[A-Za-z0-9_][A-Za-z0-9_-]{0,99}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z"
_URL = r"\Ahttps?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?\Z"
_EVENT_NAME = r"\A[a-z_]{1,50}\Z"
_NUMBER = r"\A[1-9]\d{0,18}\Z"
_TOKEN = r"\A[\x21-\x7e]{1,8192}\Z"  # noqa: S105 (a pattern, not a token)

_HEAD_WITHOUT_SECRETS = frozenset({"pull_request", "push", "merge_group", "workflow_dispatch", "schedule"})
"""Events whose runs of a stranger's code carry no secret and no token that can write."""

_WITH_PULL_REQUEST = frozenset({"pull_request", "pull_request_target"})


@dataclass(frozen=True)
class PullRequest:
    """The pull request as it was when the event happened; ``head_repository`` is None for a deleted fork."""

    number: int
    base_sha: str
    head_sha: str
    head_repository: str | None
    is_fork: bool
    is_draft: bool
    state: Literal["open", "closed"]
    is_merged: bool


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
        if self.name == "pull_request":
            return None
        if self.name == "pull_request_target":
            return (
                "The event is `pull_request_target`: its token can write, so nothing of the pull request is built or "
                "run and image sizes are not measured. Use `on: pull_request` to have them."
            )
        without_build = "" if self.may_build else " Its token can write, so the pull request is never built here."
        return f"The event is `{self.name}`: reviewbot comments on `on: pull_request`.{without_build}"


class _Repository(msgspec.Struct):
    full_name: Annotated[str, msgspec.Meta(pattern=_REPOSITORY)]


class _Branch(msgspec.Struct):
    sha: Annotated[str, msgspec.Meta(pattern=_SHA)]
    repo: _Repository | None


class _PullRequest(msgspec.Struct):
    number: Annotated[int, msgspec.Meta(ge=1)]
    state: Literal["open", "closed"]
    base: _Branch
    head: _Branch
    draft: bool = False
    merged: bool | None = None


class _Payload(msgspec.Struct):
    action: Annotated[str, msgspec.Meta(pattern=_EVENT_NAME)] | None = None
    pull_request: _PullRequest | None = None


def read_event(environ: Mapping[str, str], token: str | None) -> Event:
    """The event of this run, from the variables that the Actions runner sets and the event file they name.

    Raises GitHubProblem for what is missing or malformed, naming the variable or the place in the event file.
    """
    name = _checked(environ, "GITHUB_EVENT_NAME", _EVENT_NAME)
    repository = _checked(environ, "GITHUB_REPOSITORY", _REPOSITORY)
    payload = _read_payload(environ)
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
    )


def _checked(environ: Mapping[str, str], variable: str, pattern: str) -> str:
    value = environ.get(variable)
    if not value:
        raise GitHubProblem(f"{variable} is not set: reviewbot's action runs in GitHub Actions only")
    if not re.search(pattern, value):
        raise GitHubProblem(f"{variable} has an unexpected value: {value[:100]!r}")
    return value


def _read_payload(environ: Mapping[str, str]) -> _Payload:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        raise GitHubProblem("GITHUB_EVENT_PATH is not set: reviewbot's action runs in GitHub Actions only")
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MAX_EVENT_BYTES + 1)
    except OSError as problem:
        raise GitHubProblem(f"the event file cannot be read: {problem.strerror or problem}") from None
    if len(data) > _MAX_EVENT_BYTES:
        raise GitHubProblem(f"the event file is larger than {_MAX_EVENT_BYTES // 1024 // 1024} MB")
    try:
        return msgspec.json.decode(data, type=_Payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise GitHubProblem(f"the event file is not what GitHub sends: {problem}") from None


def _pull_request(name: str, payload: _Payload, repository: str) -> PullRequest | None:
    if name not in _WITH_PULL_REQUEST:
        return None
    pull = payload.pull_request
    if pull is None:
        raise GitHubProblem(f"the event file of `{name}` holds no pull request")
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
    )
