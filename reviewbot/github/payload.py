"""The event file as GitHub writes it: only the fields that reviewbot reads, each checked on the way in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from reviewbot.github.problem import GitHubProblem

MAX_EVENT_BYTES = 32 * 1024 * 1024
"""GitHub sends no payload over 25 MB."""

SHA = r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z"
REPOSITORY = r"\A[A-Za-z0-9_][A-Za-z0-9_-]{0,99}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z"
EVENT_NAME = r"\A[a-z_]{1,50}\Z"
_LOGIN = r"\A[A-Za-z0-9_.-]{1,100}(?:\[bot\])?\Z"
_NODE_ID = r"\A[A-Za-z0-9_=+/:-]{1,200}\Z"

Sha = Annotated[str, msgspec.Meta(pattern=SHA)]
Number = Annotated[int, msgspec.Meta(ge=1)]


class Repository(msgspec.Struct):
    full_name: Annotated[str, msgspec.Meta(pattern=REPOSITORY)]
    default_branch: str | None = None


class Branch(msgspec.Struct):
    sha: Sha
    repo: Repository | None
    ref: str = ""


class PullRequest(msgspec.Struct):
    number: Number
    state: Literal["open", "closed"]
    base: Branch
    head: Branch
    draft: bool = False
    merged: bool | None = None


class MergeGroup(msgspec.Struct):
    base_sha: Sha
    head_sha: Sha
    head_ref: str = ""


class User(msgspec.Struct):
    login: Annotated[str, msgspec.Meta(pattern=_LOGIN)]
    type: str = "User"


class Issue(msgspec.Struct):
    number: Number
    state: Literal["open", "closed"]
    pull_request: dict[str, object] | None = None


class Comment(msgspec.Struct):
    id: Number
    node_id: Annotated[str, msgspec.Meta(pattern=_NODE_ID)]
    user: User | None
    body: str | None = None
    in_reply_to_id: Number | None = None


class WorkflowRun(msgspec.Struct):
    id: Number
    event: Annotated[str, msgspec.Meta(pattern=EVENT_NAME)]
    head_sha: Sha
    head_branch: str | None
    head_repository: Repository | None = None


class Payload(msgspec.Struct):
    action: Annotated[str, msgspec.Meta(pattern=EVENT_NAME)] | None = None
    pull_request: PullRequest | None = None
    merge_group: MergeGroup | None = None
    issue: Issue | None = None
    comment: Comment | None = None
    workflow_run: WorkflowRun | None = None
    repository: Repository | None = None
    ref: str | None = None
    before: Sha | None = None
    after: Sha | None = None
    deleted: bool = False


def read_payload(environ: Mapping[str, str]) -> Payload:
    """The content of the event file. Raises GitHubProblem for one that is missing or malformed."""
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        raise GitHubProblem("GITHUB_EVENT_PATH is not set: reviewbot's action runs in GitHub Actions only")
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_EVENT_BYTES + 1)
    except OSError as problem:
        raise GitHubProblem(f"the event file cannot be read: {problem.strerror or problem}") from None
    if len(data) > MAX_EVENT_BYTES:
        raise GitHubProblem(f"the event file is larger than {MAX_EVENT_BYTES // 1024 // 1024} MB")
    try:
        return msgspec.json.decode(data, type=Payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise GitHubProblem(f"the event file is not what GitHub sends: {problem}") from None
