"""Check runs and commit statuses, and what GitHub takes for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .permissions import Account
from .refusal import Refusal

_MAX_ANNOTATIONS = 50
_MAX_TEXT = 65_535


@dataclass
class CheckRun:
    """``output`` holds title, summary and text; the annotations of all requests are gathered apart from it."""

    id: int
    node_id: str
    name: str
    head_sha: str
    status: str = "queued"
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    external_id: str = ""
    details_url: str | None = None
    output: dict[str, str] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def update(self, body: Mapping[str, Any], now: str) -> None:
        """Take over what a request says; raises Refusal, and changes nothing, where GitHub would not take it."""
        output = dict(body.get("output", {}))
        annotations = output.pop("annotations", [])
        output.pop("images", None)
        _check_output(output, annotations)
        if body.get("status") == "completed" and not body.get("conclusion"):
            raise Refusal(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.')
        self.output |= output
        self.annotations += annotations
        for name in ("name", "status", "started_at", "completed_at", "external_id", "details_url", "conclusion"):
            if name in body:
                setattr(self, name, body[name])
        if body.get("conclusion"):
            self.status = "completed"
        if self.status == "completed":
            self.completed_at = self.completed_at or now
        elif self.status == "in_progress":
            self.started_at = self.started_at or now
            self.conclusion = self.completed_at = None


@dataclass
class Status:
    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: Account
    created_at: str


def _check_output(output: Mapping[str, str], annotations: list[dict[str, Any]]) -> None:
    if len(annotations) > _MAX_ANNOTATIONS:
        message = (
            f"Invalid request.\n\nNo more than {_MAX_ANNOTATIONS} items are allowed; {len(annotations)} were supplied."
        )
        raise Refusal(422, message)
    for name in ("summary", "text"):
        if len(output.get(name, "").encode()) > _MAX_TEXT:
            message = f"{name.capitalize()} exceeds a maximum bytesize of {_MAX_TEXT}"
            errors = [{"resource": "CheckRun", "code": "custom", "field": name, "message": message}]
            raise Refusal(422, "Validation Failed", errors)
    for annotation in annotations:
        has_columns = "start_column" in annotation or "end_column" in annotation
        if has_columns and annotation["start_line"] != annotation["end_line"]:
            raise Refusal(
                422, "Validation Failed", [{"resource": "CheckRun", "code": "invalid", "field": "annotations"}]
            )
