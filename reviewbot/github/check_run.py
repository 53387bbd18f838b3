"""The check run of a commit: in progress from the start, always concluded, written only where it says something new.

The job itself is a check already, so this one is left away, without a word, where the token has no ``checks: write``.
What GitHub keeps of it between runs is ``external_id``: it tells reviewbot's own check run from one of the same
name by another program, and, as a digest of all that was said, a run with nothing new to say from one that has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from reviewbot.github.client import Client, OutOfPatience, Refused, Unclear
from reviewbot.github.reviewing import create_once

Outcome = Literal["success", "failure", "neutral", "cancelled"]
Annotation = dict[str, str | int]

A_REQUEST = 50
"""Annotations that GitHub takes at once."""
MOST_ANNOTATIONS = 2 * A_REQUEST
"""What is over stands in the summary: a run makes few requests, however many findings there are."""

_MAX_BYTES = 65_535
_OWN = "reviewbot:"
_PENDING = f"{_OWN}pending"
_PARTIAL = f"{_OWN}partial"


class Conclusion(Struct, frozen=True):
    """``title`` is one line, ``summary`` Markdown; annotations are as the REST interface names their fields."""

    outcome: Outcome
    title: str
    summary: str
    annotations: Sequence[Annotation] = ()

    @property
    def digest(self) -> str:
        parts = json.dumps([self.outcome, self.title, self.summary, list(self.annotations)])
        return f"{_OWN}{hashlib.sha256(parts.encode()).hexdigest()[:32]}"


class CheckRun:
    """``name`` is what people require in a branch's protection, so it never changes by itself.

    No method raises what GitHub answers: a check run that cannot be written is none, and ``notice`` says why where
    somebody can do something about it.
    """

    def __init__(self, client: Client, name: str, head_sha: str, details_url: str | None) -> None:
        self._client = client
        self._name = name
        self._head_sha = head_sha
        self._details_url = details_url
        self._id: int | None = None
        self._standing: str | None = None
        """The digest of a check run of this commit that an earlier run concluded."""
        self._is_possible = False
        self.notice: str | None = None

    def begin(self) -> None:
        """Show that the review goes on; where it was concluded before, that stands until there is something new."""
        try:
            self._find()
            self._is_possible = True
            if self._id is None and self._standing is None:
                create_once(self._client, self._create, self._is_open)
        except Refused as problem:
            self._is_possible = False
            if not problem.lacks_permission and problem.status not in (403, 404):
                self.notice = f"no check run: {problem}"
        except (Unclear, OutOfPatience) as problem:
            self._is_possible = False
            self.notice = f"no check run: {problem}"

    def conclude(self, said: Conclusion) -> bool:
        """End it; whether it stands as said."""
        if not self._is_possible:
            return False
        if self._id is None and self._standing == said.digest:
            return True
        try:
            self._conclude(said)
        except (Refused, Unclear, OutOfPatience) as problem:
            self.notice = f"the check run could not be concluded: {problem}"
            return False
        return True

    def _conclude(self, said: Conclusion) -> None:
        shown = list(said.annotations[:MOST_ANNOTATIONS])
        batches = [shown[start : start + A_REQUEST] for start in range(0, len(shown), A_REQUEST)] or [[]]
        sent = 0
        for number, batch in enumerate(batches, 1):
            sent += len(batch)
            external_id = said.digest if number == len(batches) else _PARTIAL
            body: dict[str, Any] = {
                "status": "completed",
                "conclusion": said.outcome,
                "external_id": external_id,
                "output": {"title": said.title[:255], "summary": _cut(said.summary), "annotations": batch},
            }
            self._send(body, sent)

    def _send(self, body: dict[str, Any], annotations: int) -> None:
        """One call of which only one may take effect, since GitHub adds each call's annotations to those before."""

        def send() -> int | None:
            return self._post({**self._about, **body}) if self._id is None else self._patch(body)

        create_once(self._client, send, lambda: self._is_there(str(body["external_id"]), annotations))

    @property
    def _about(self) -> dict[str, Any]:
        about: dict[str, Any] = {"name": self._name, "head_sha": self._head_sha}
        return about | ({"details_url": self._details_url} if self._details_url else {})

    def _create(self) -> int | None:
        return self._post({**self._about, "status": "in_progress", "external_id": _PENDING})

    def _post(self, body: dict[str, Any]) -> int | None:
        self._id = _id_of(self._client.rest_once("POST", "/check-runs", body))
        return self._id

    def _patch(self, body: dict[str, Any]) -> int | None:
        return _id_of(self._client.rest_once("PATCH", f"/check-runs/{self._id}", body))

    def _is_open(self) -> bool:
        self._find()
        return self._id is not None

    def _is_there(self, external_id: str, annotations: int) -> bool:
        """Whether a call whose answer was lost took effect."""
        self._find(and_concluded=external_id)
        if self._id is None:
            return False
        found = self._client.rest(f"/check-runs/{self._id}")
        count = (found.get("output") or {}).get("annotations_count") or 0
        return bool(found.get("external_id") == external_id and count >= annotations)

    def _find(self, and_concluded: str | None = None) -> None:
        """Look for this commit's own check run: an open one is gone on with."""
        parameters = {"check_name": self._name, "per_page": "100"}
        answer = self._client.rest(f"/commits/{self._head_sha}/check-runs", parameters)
        for run in sorted(answer.get("check_runs") or (), key=lambda run: int(run["id"]), reverse=True):
            external_id = str(run.get("external_id") or "")
            if not external_id.startswith(_OWN):
                continue
            if run.get("status") != "completed" or external_id == and_concluded:
                self._id = int(run["id"])
            elif self._id is None:
                self._standing = external_id
            return


def _id_of(answer: Any) -> int | None:
    number = answer.get("id") if isinstance(answer, dict) else None
    return number if isinstance(number, int) else None


def _cut(text: str) -> str:
    """Within GitHub's limit, which counts bytes, at the end of a line."""
    data = text.encode("utf-8", "replace")
    if len(data) <= _MAX_BYTES:
        return data.decode()
    kept = data[: _MAX_BYTES - 100].decode(errors="ignore")
    return f"{kept.rpartition(chr(10))[0]}\n\n*(cut here: GitHub takes no longer summary)*"
