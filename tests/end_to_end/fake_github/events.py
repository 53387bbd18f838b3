"""Payloads of events: GitHub's examples about this repository and this pull request."""

from __future__ import annotations

from typing import Any

from .contract import Contract
from .shapes import Shapes
from .state import Pull


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
