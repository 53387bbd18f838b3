"""The few calls of GitHub that publishing makes, answered from memory as GitHub documents them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any

import requests
import responses

SERVER = "https://ghes.example"
_ROOT = f"{SERVER}:443/api"
_PULL = f"{_ROOT}/v3/repos/acme/web"

Answer = tuple[int, dict[str, str], str]
Fault = Callable[[Callable[[], Answer]], Answer]
"""What happens instead of a request; it may carry the request out first."""


@dataclass
class Said:
    id: str
    body: str
    author: str


@dataclass
class ReviewThread:
    id: str
    path: str
    line: int
    comments: list[Said]
    is_resolved: bool = False


@dataclass
class GitHubInMemory:
    """One pull request. ``me`` is the token's account; ``faults`` maps a request's number, from 1, to what befalls it."""

    head: str
    state: str = "OPEN"
    me: str = "github-actions"
    can_write: bool = True
    can_resolve: bool = False
    lines_in_diff: dict[str, Container[int]] = field(default_factory=lambda: {"Dockerfile": range(1, 50)})
    threads: list[ReviewThread] = field(default_factory=list)
    conversation: list[Said] = field(default_factory=list)
    reviews: int = 0
    requests: list[str] = field(default_factory=list)
    faults: dict[int, Fault] = field(default_factory=dict)
    _ids: int = 0

    def serve(self, mock: responses.RequestsMock) -> None:
        for method, url, handler in (
            ("POST", f"{_ROOT}/graphql", self._graphql),
            ("POST", f"{_PULL}/pulls/7/reviews", self._create_review),
            ("POST", f"{_PULL}/issues/7/comments", self._create_comment),
        ):
            mock.add_callback(method, url, lambda request, handler=handler: self._answer(request, handler))

    def say(self, thread: ReviewThread | None, body: str, author: str = "alice") -> None:
        (thread.comments if thread else self.conversation).append(Said(self._id(), body, author))

    @property
    def writes(self) -> list[str]:
        return [name for name in self.requests if name != "read"]

    def _id(self) -> str:
        self._ids += 1
        return f"N{self._ids:05}"

    def _answer(self, request: requests.PreparedRequest, handler: Callable[[dict[str, Any]], Answer]) -> Answer:
        body = json.loads(request.body or "{}")
        query = str(body.get("query", ""))
        self.requests.append("read" if query.lstrip().startswith("query") else handler.__name__.strip("_"))
        fault = self.faults.get(len(self.requests))
        return fault(lambda: handler(body)) if fault else handler(body)

    def _create_review(self, body: dict[str, Any]) -> Answer:
        if not self.can_write:
            return _reply(403, {"message": "Resource not accessible by integration"})
        assert body["event"] == "COMMENT"
        assert body["body"]
        if body["commit_id"] != self.head:
            return _reply(
                422, {"message": "Unprocessable Entity", "errors": ["commit_id is not part of the pull request"]}
            )
        for comment in body["comments"]:
            lines = self.lines_in_diff.get(comment["path"], range(0))
            if comment["line"] not in lines or comment.get("start_line", comment["line"]) not in lines:
                return _reply(422, {"message": "Unprocessable Entity", "errors": ["Line could not be resolved"]})
        for comment in body["comments"]:
            said = [Said(self._id(), comment["body"], self.me)]
            self.threads.append(ReviewThread(self._id(), comment["path"], comment["line"], said))
        self.reviews += 1
        return _reply(200, {"id": self.reviews})

    def _create_comment(self, body: dict[str, Any]) -> Answer:
        if not self.can_write:
            return _reply(403, {"message": "Resource not accessible by integration"})
        self.say(None, body["body"], self.me)
        return _reply(201, {"id": 1})

    def _graphql(self, body: dict[str, Any]) -> Answer:
        if body["query"].lstrip().startswith("query"):
            return _reply(200, {"data": self._read()})
        data: dict[str, Any] = {}
        errors = []
        for alias, name in re.findall(r"(\w+): (\w+)\(input:", body["query"]):
            kind = self._mutate(name, body["variables"][alias])
            data[alias] = None if kind else {"clientMutationId": None}
            if kind:
                errors.append({"type": kind, "path": [alias], "message": kind})
        return _reply(200, {"data": data} | ({"errors": errors} if errors else {}))

    def _mutate(self, name: str, given: dict[str, str]) -> str | None:
        if name == "resolveReviewThread":
            thread = next((each for each in self.threads if each.id == given["threadId"]), None)
            if thread is None:
                return "NOT_FOUND"
            if not self.can_resolve:
                return "FORBIDDEN"
            thread.is_resolved = True
            return None
        place = self.conversation if "IssueComment" in name else [c for t in self.threads for c in t.comments]
        wanted = given.get("id") or given.get("pullRequestReviewCommentId")
        comment = next((each for each in place if each.id == wanted), None)
        if comment is None:
            return "NOT_FOUND"
        if not self.can_write or comment.author != self.me:
            return "FORBIDDEN"
        if name.startswith("update"):
            comment.body = given["body"]
            return None
        self.conversation = [each for each in self.conversation if each is not comment]
        for thread in self.threads:
            thread.comments = [each for each in thread.comments if each is not comment]
        self.threads = [thread for thread in self.threads if thread.comments]
        return None

    def _read(self) -> dict[str, Any]:
        threads = [
            {
                "id": thread.id,
                "isResolved": thread.is_resolved,
                "isOutdated": False,
                "path": thread.path,
                "comments": {"totalCount": len(thread.comments), "nodes": list(map(self._shown, thread.comments))},
            }
            for thread in self.threads
        ]
        last = {"hasNextPage": False, "endCursor": None}
        pull = {
            "id": "PR",
            "state": self.state,
            "isDraft": False,
            "headRefOid": self.head,
            "reviewThreads": {"pageInfo": last, "nodes": threads},
            "comments": {"pageInfo": last, "nodes": list(map(self._shown, self.conversation))},
        }
        return {"viewer": {"login": self.me}, "repository": {"pullRequest": pull}}

    def _shown(self, said: Said) -> dict[str, Any]:
        is_mine = said.author == self.me
        author = {"login": said.author, "__typename": "Bot" if is_mine else "User"}
        return {"id": said.id, "body": said.body, "viewerDidAuthor": is_mine, "createdAt": said.id, "author": author}


def lost_before(carry_out: Callable[[], Answer]) -> Answer:
    """The connection ends before GitHub has the request."""
    raise requests.ConnectionError("reset")


def lost_after(carry_out: Callable[[], Answer]) -> Answer:
    """GitHub carries the request out, and its answer never arrives."""
    carry_out()
    raise requests.ConnectionError("reset")


def bad_gateway(carry_out: Callable[[], Answer]) -> Answer:
    return 502, {}, "<html>Bad Gateway</html>"


class Killed(BaseException):
    """The run is ended."""


def killed_before(carry_out: Callable[[], Answer]) -> Answer:
    raise Killed


def killed_after(carry_out: Callable[[], Answer]) -> Answer:
    carry_out()
    raise Killed


def limited(carry_out: Callable[[], Answer]) -> Answer:
    return 403, {"retry-after": "60"}, json.dumps({"message": "You have exceeded a secondary rate limit"})


def _reply(status: int, body: dict[str, Any]) -> Answer:
    return status, {}, json.dumps(body)
