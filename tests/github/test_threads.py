from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import responses
from discussion import HEAD, comment, finding, wishes

from reviewbot.github.client import Client, Patience, Refused, Unclear
from reviewbot.github.event import Event, PullRequest
from reviewbot.github.marker import SummaryMarker, SummaryState, with_marker
from reviewbot.github.plan import plan
from reviewbot.github.threads import Discussion, read_discussion

SERVER = "https://ghes.example:443"
GRAPHQL = f"{SERVER}/api/graphql"
PULL = PullRequest(7, HEAD, HEAD, "acme/web", is_fork=False, is_draft=False, state="open", is_merged=False)
BODY = plan(wishes(comment(finding())), []).posts[0].body
SUMMARY = with_marker("summary", SummaryMarker.of(SummaryState(), "summary"))


@pytest.fixture
def github() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(registry=responses.registries.OrderedRegistry) as mock:
        yield mock


def read() -> Discussion:
    event = Event(
        "pull_request", None, "acme/web", "octocat", f"{SERVER}/api/v3", GRAPHQL, SERVER, 1, 1, PULL, "ghs_token"
    )
    return read_discussion(Client(event, Patience(sleep=lambda _: None)), PULL.number)


def said(number: int, body: str = BODY, is_own: bool = True) -> dict[str, Any]:
    author = {"login": "github-actions" if is_own else "mallory", "__typename": "Bot" if is_own else "User"}
    created = f"2026-01-01T00:00:{number:02}Z"
    return {"id": f"C{number}", "body": body, "viewerDidAuthor": is_own, "createdAt": created, "author": author}


def thread(number: int, *comments: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {
        "id": f"T{number}",
        "isResolved": False,
        "isOutdated": False,
        "path": "Dockerfile",
        "comments": {"totalCount": total or len(comments), "nodes": list(comments)},
    }


def page(nodes: list[dict[str, Any]], cursor: str | None = None) -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}, "nodes": nodes}


def answer(**parts: Any) -> dict[str, Any]:
    pull = {"id": "PR", "state": "OPEN", "isDraft": False, "headRefOid": HEAD, **parts}
    return {"data": {"viewer": {"login": "github-actions"}, "repository": {"pullRequest": pull}}}


def test_only_what_this_account_wrote_with_a_marker_counts(github: responses.RequestsMock) -> None:
    threads = [
        thread(1, said(1)),
        thread(2, said(2, is_own=False)),
        thread(3, said(3, "nice change!")),
        thread(4, said(4, is_own=False), said(5)),
        thread(5),
    ]
    comments = [said(6, SUMMARY, is_own=False), said(8, SUMMARY), said(7, SUMMARY), said(9, "hello")]
    github.post(GRAPHQL, json=answer(reviewThreads=page(threads), comments=page(comments)))
    found = read()

    assert [each.id for each in found.threads] == ["T1"]
    assert [each.id for each in found.summaries] == ["C7", "C8"], "oldest first"
    assert (found.state, found.head_sha) == ("OPEN", HEAD)


def test_people_in_a_thread_are_seen(github: responses.RequestsMock) -> None:
    threads = [
        thread(1, said(1), said(2)),
        thread(2, said(3), said(4, "really?", is_own=False)),
        thread(3, said(5), total=21),
    ]
    github.post(GRAPHQL, json=answer(reviewThreads=page(threads), comments=page([])))
    found = read()

    assert [each.is_answered for each in found.threads] == [False, True, True]
    assert found.threads[0].own_replies == ("C2",)


def test_further_pages_are_asked_for_alone(github: responses.RequestsMock) -> None:
    def asking(**variables: Any) -> Any:
        return responses.matchers.json_params_matcher({"variables": variables}, strict_match=False)

    def expect(threads: str | None, comments: str | None, more: tuple[bool, bool], reply: dict[str, Any]) -> None:
        names = {"owner": "acme", "name": "web", "number": 7}
        asked = names | {"threads": threads, "comments": comments, "withThreads": more[0], "withComments": more[1]}
        github.post(GRAPHQL, json=reply, match=[asking(**asked)])

    expect(None, None, (True, True), answer(reviewThreads=page([thread(1, said(1))], "t1"), comments=page([], "c1")))
    expect("t1", "c1", (True, True), answer(reviewThreads=page([thread(2, said(2))]), comments=page([], "c2")))
    expect(None, "c2", (False, True), answer(comments=page([said(3, SUMMARY)])))
    found = read()

    assert [each.id for each in found.threads] == ["T1", "T2"]
    assert [each.id for each in found.summaries] == ["C3"]


@pytest.mark.parametrize(("kind", "status"), [("FORBIDDEN", 403), ("NOT_FOUND", 404)])
def test_a_token_that_may_not_read_is_refused(github: responses.RequestsMock, kind: str, status: int) -> None:
    errors = [{"type": kind, "path": ["repository"], "message": "Resource not accessible by integration"}]
    data = {"viewer": {"login": "github-actions"}, "repository": None}
    github.post(GRAPHQL, json={"data": data, "errors": errors})
    with pytest.raises(Refused) as refused:
        read()
    assert refused.value.status == status


def test_an_answer_of_another_shape_is_no_crash(github: responses.RequestsMock) -> None:
    github.post(GRAPHQL, json=answer(reviewThreads=[]))
    with pytest.raises(Unclear, match="shape"):
        read()
