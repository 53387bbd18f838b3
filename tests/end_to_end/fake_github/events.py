"""Payloads of events: GitHub's examples about this repository and this pull request."""

from __future__ import annotations

from typing import Any

from .contract import Contract
from .shapes import Shapes
from .state import Comment, Pull


def pull_request_event(contract: Contract, shapes: Shapes, pull: Pull, action: str) -> dict[str, Any]:
    """The payload of `pull_request` and `pull_request_target`; raises KeyError for an action without an example."""
    payload = contract.event("pull_request", action)
    shown = shapes.pull(pull)
    repository = shapes.repository()
    payload |= {
        "number": pull.number,
        "pull_request": {key: shown.get(key, value) for key, value in payload["pull_request"].items()},
        "repository": {key: repository.get(key, value) for key, value in payload["repository"].items()},
        "sender": shapes.user(pull.author),
    }
    payload.pop("organization", None)
    payload.pop("installation", None)
    if action == "synchronize" and len(pull.heads) > 1:
        payload |= {"before": pull.heads[-2], "after": pull.head}
    return payload


def comment_event(contract: Contract, shapes: Shapes, pull: Pull, comment: Comment) -> dict[str, Any]:
    """The payload of `issue_comment`, or of `pull_request_review_comment` for a comment of a thread."""
    thread = next((each for each in pull.threads if any(c.id == comment.id for c in each.comments)), None)
    if thread is None:
        payload = _about(contract, shapes, "issue_comment", "created")
        payload["issue"] |= {"number": pull.number, "state": pull.state, "pull_request": {"url": shapes.server}}
        told = shapes.issue_comment(pull, comment)
    else:
        payload = _about(contract, shapes, "pull_request_review_comment", "created")
        shown = shapes.pull(pull)
        payload["pull_request"] = {key: shown.get(key, value) for key, value in payload["pull_request"].items()}
        told = shapes.review_comment(pull, thread, comment)
    payload["comment"] |= told
    return payload | {"sender": told["user"]}


def run_event(contract: Contract, shapes: Shapes, pull: Pull, run_id: int) -> dict[str, Any]:
    """The payload of `workflow_run`; for a fork's pull request GitHub lists no pull request in it."""
    payload = _about(contract, shapes, "workflow_run", "completed")
    head = shapes.pull(pull)["head"]
    payload["workflow_run"] |= {
        "id": run_id,
        "event": "pull_request",
        "head_sha": pull.head,
        "head_branch": pull.head_ref,
        "head_repository": head["repo"],
        "pull_requests": [],
    }
    return payload


def push_event(contract: Contract, shapes: Shapes, before: str, after: str) -> dict[str, Any]:
    return _about(contract, shapes, "push", "") | {
        "ref": "refs/heads/main",
        "before": before,
        "after": after,
        "created": False,
        "deleted": False,
    }


def merge_group_event(contract: Contract, shapes: Shapes, number: int, base: str, head: str) -> dict[str, Any]:
    payload = _about(contract, shapes, "merge_group", "checks_requested")
    ref = f"refs/heads/gh-readonly-queue/main/pr-{number}-{base}"
    payload["merge_group"] |= {"base_sha": base, "head_sha": head, "head_ref": ref}
    return payload


def plain_event(contract: Contract, shapes: Shapes, name: str) -> dict[str, Any]:
    """The payload of `workflow_dispatch`, or of `schedule`, of which GitHub shows no example: it has little."""
    return _about(contract, shapes, "workflow_dispatch", "") | ({"schedule": "0 3 * * 1"} if name == "schedule" else {})


def _about(contract: Contract, shapes: Shapes, name: str, action: str) -> dict[str, Any]:
    """GitHub's example of an event, about this repository."""
    payload = contract.event(name, action)
    repository = shapes.repository()
    payload["repository"] = {key: repository.get(key, value) for key, value in payload["repository"].items()}
    payload.pop("organization", None)
    payload.pop("installation", None)
    return payload
