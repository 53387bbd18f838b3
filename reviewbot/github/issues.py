"""One issue of the repository that reviewbot keeps: found by its hidden marker, and only among its own."""

from __future__ import annotations

from typing import Any

from reviewbot.github.client import Client, Refused
from reviewbot.github.marker import SummaryMarker, SummaryState, summary_marker, with_marker
from reviewbot.github.mutations import Mutation, Outcome, mutate
from reviewbot.github.reviewing import create_once

_MAX_PAGES = 5
"""Pages of a hundred issues, the latest changed first: one that is kept is always among them."""

_QUERY = """
query($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    issues(first: 100, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes { id number state body viewerDidAuthor }
    }
  }
}
"""


class IssueKeeper:
    def __init__(self, client: Client) -> None:
        self._client = client

    def keep(self, title: str, body: str, *, is_open: bool) -> int | None:
        """Have the issue say ``body`` and be open or closed; gives its number, None where there is none and none is due.

        Nothing is written where it says so already. Raises the client's exceptions.
        """
        marker = SummaryMarker.of(SummaryState(), body)
        found = self._find()
        if found is None:
            return self._create(title, with_marker(body, marker)) if is_open else None
        state = "OPEN" if is_open else "CLOSED"
        if summary_marker(found["body"]) != marker or found["state"] != state:
            fields = (("id", str(found["id"])), ("body", with_marker(body, marker)), ("state", state))
            if mutate(self._client, [Mutation("updateIssue", fields)]) != [Outcome.DONE]:
                raise Refused(403, "GitHub did not take the issue's new text")
        return int(found["number"])

    def _create(self, title: str, body: str) -> int | None:
        made: list[int] = []

        def send() -> int | None:
            answer = self._client.rest_once("POST", "/issues", {"title": title, "body": body})
            number = answer.get("number") if isinstance(answer, dict) else None
            made.extend([number] if isinstance(number, int) else [])
            return number

        def is_there() -> bool:
            found = self._find()
            made.extend([int(found["number"])] if found else [])
            return found is not None

        create_once(self._client, send, is_there)
        return made[-1] if made else None

    def _find(self) -> dict[str, Any] | None:
        owner, _, name = self._client.repository_name.partition("/")
        after: str | None = None
        for _ in range(_MAX_PAGES):
            answer = self._client.graphql(_QUERY, {"owner": owner, "name": name, "after": after})
            if answer.get("errors"):
                raise Refused(403, "the issues are not accessible by this token")
            page = answer["data"]["repository"]["issues"]
            for issue in page["nodes"]:
                if issue["viewerDidAuthor"] and summary_marker(issue["body"]) is not None:
                    return dict(issue)
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        return None
