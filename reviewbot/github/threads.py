"""What already stands on the pull request: read at once, and of comments only reviewbot's own."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import msgspec

from reviewbot.github.client import Client, Refused, Unclear
from reviewbot.github.marker import (
    FindingsMarker,
    SummaryMarker,
    findings_marker,
    has_review_marker,
    reply_marker,
    summary_marker,
)

_MAX_PAGES = 50
"""Pages of a hundred: more comments than that no pull request has."""

_QUERY = """
query($owner: String!, $name: String!, $number: Int!, $threads: String, $comments: String,
      $withThreads: Boolean!, $withComments: Boolean!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      state
      headRefOid
      reviewThreads(first: 100, after: $threads) @include(if: $withThreads) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          isResolved
          isOutdated
          path
          comments(first: 20) {
            totalCount
            nodes { id body viewerDidAuthor createdAt originalCommit { oid } }
          }
        }
      }
      reviews(last: 50, states: [CHANGES_REQUESTED]) @include(if: $withThreads) {
        nodes { id body viewerDidAuthor }
      }
      comments(first: 100, after: $comments) @include(if: $withComments) {
        pageInfo { hasNextPage endCursor }
        nodes { id body viewerDidAuthor createdAt }
      }
    }
  }
}
"""


class Thread(msgspec.Struct, frozen=True, dict=True):
    """A review thread that reviewbot opened.

    ``comment_id`` is that of its first comment and ``body`` what that says; ``own_replies`` are ids of reviewbot's
    further comments. ``is_answered`` tells that anybody else wrote in it. Ids are GraphQL's. ``is_outdated`` tells that
    its line is in the diff no more, so that GitHub hides it.
    """

    id: str
    path: str
    comment_id: str
    body: str
    created_at: str
    is_resolved: bool = False
    is_answered: bool = False
    is_outdated: bool = False
    posted_on: str | None = None
    """The commit that its first comment was posted on."""
    own_replies: tuple[str, ...] = ()

    @cached_property
    def marker(self) -> FindingsMarker:
        marker = findings_marker(self.body)
        assert marker is not None  # noqa: S101 (only comments with one become threads here)
        return marker

    @property
    def ids(self) -> frozenset[str]:
        """Fingerprints of the findings it is about."""
        return frozenset(self.marker.rules)

    @property
    def is_closed_by_person(self) -> bool:
        """Resolved, and not by reviewbot, which marks what it retires.

        The mark decides, not GitHub's ``resolvedBy``: that is empty for apps, and where reviewbot runs with a
        person's token it cannot tell the two apart.
        """
        return self.is_resolved and not self.marker.is_retired


class SummaryComment(msgspec.Struct, frozen=True):
    """A summary that reviewbot wrote into the conversation."""

    id: str
    created_at: str
    marker: SummaryMarker


class Discussion(msgspec.Struct, frozen=True):
    """The pull request's state and reviewbot's own part of its discussion, both lists oldest first."""

    head_sha: str
    state: Literal["OPEN", "CLOSED", "MERGED"]
    threads: tuple[Thread, ...] = ()
    summaries: tuple[SummaryComment, ...] = ()
    demands: tuple[str, ...] = ()
    """Ids of reviewbot's own reviews that ask for changes, and that nobody dismissed."""
    answered: frozenset[str] = frozenset()
    """Commands that reviewbot replied to."""

    def has_open(self, marker: FindingsMarker | None) -> bool:
        """Whether an open thread says exactly what the marker stands for."""
        return any(thread.marker == marker for thread in self.threads if not thread.is_resolved)


class _Struct(msgspec.Struct, rename="camel"):
    """A part of GitHub's answer: fields that are not named here are ignored."""


class _Page(_Struct):
    has_next_page: bool
    end_cursor: str | None


class _Commit(_Struct):
    oid: str


class _Comment(_Struct):
    id: str
    body: str
    viewer_did_author: bool
    created_at: str
    original_commit: _Commit | None = None


class _Comments(_Struct):
    nodes: list[_Comment]
    total_count: int = 0
    page_info: _Page | None = None


class _Thread(_Struct):
    id: str
    is_resolved: bool
    is_outdated: bool
    path: str
    comments: _Comments


class _Threads(_Struct):
    nodes: list[_Thread]
    page_info: _Page


class _Review(_Struct):
    id: str
    body: str
    viewer_did_author: bool


class _Reviews(_Struct):
    nodes: list[_Review]


class _PullRequest(_Struct):
    state: Literal["OPEN", "CLOSED", "MERGED"]
    head_ref_oid: str
    review_threads: _Threads | None = None
    comments: _Comments | None = None
    reviews: _Reviews | None = None


class _Repository(_Struct):
    pull_request: _PullRequest


class _Answer(_Struct):
    repository: _Repository


def read_discussion(client: Client, number: int) -> Discussion:
    """One request for most pull requests, one more for each further hundred threads or comments.

    Raises the client's exceptions; Refused where the token may not read the pull request.
    """
    owner, _, name = client.repository_name.partition("/")
    variables: dict[str, Any] = {"owner": owner, "name": name, "number": number}
    variables |= {"threads": None, "comments": None, "withThreads": True, "withComments": True}
    threads: list[Thread] = []
    summaries: list[SummaryComment] = []
    demands: list[str] = []
    said: list[_Comment] = []
    for _ in range(_MAX_PAGES):
        answer = _answer(client.graphql(_QUERY, variables))
        found = answer.repository.pull_request
        if found.review_threads:
            threads += filter(None, map(_own_thread, found.review_threads.nodes))
            said += [comment for thread in found.review_threads.nodes for comment in thread.comments.nodes]
        if found.reviews:
            own = (review for review in found.reviews.nodes if review.viewer_did_author)
            demands += [review.id for review in own if has_review_marker(review.body)]
        if found.comments:
            said += found.comments.nodes
            summaries += filter(None, map(_own_summary, found.comments.nodes))
        for cursor, switch, page in (
            ("threads", "withThreads", found.review_threads and found.review_threads.page_info),
            ("comments", "withComments", found.comments and found.comments.page_info),
        ):
            variables[switch] = bool(page and page.has_next_page)
            variables[cursor] = page.end_cursor if page else None
        if not (variables["withThreads"] or variables["withComments"]):
            break
    return Discussion(
        head_sha=found.head_ref_oid,
        state=found.state,
        threads=tuple(sorted(threads, key=lambda thread: (thread.created_at, thread.id))),
        summaries=tuple(sorted(summaries, key=lambda summary: (summary.created_at, summary.id))),
        demands=tuple(demands),
        answered=frozenset(
            about for each in said if each.viewer_did_author and (about := reply_marker(each.body)) is not None
        ),
    )


def _answer(answer: dict[str, Any]) -> _Answer:
    errors = answer.get("errors") or []
    if errors:
        forbidden = any(error.get("type") == "FORBIDDEN" for error in errors)
        missing = any(error.get("type") == "NOT_FOUND" for error in errors)
        message = "; ".join(str(error.get("message")) for error in errors)[:500]
        if forbidden or missing:
            raise Refused(403 if forbidden else 404, message)
        raise Unclear(f"GitHub's answer has errors: {message}")
    try:
        return msgspec.convert(answer["data"], _Answer)
    except msgspec.ValidationError as problem:
        raise Unclear(f"GitHub's answer has another shape than documented: {problem}") from None


def _own_thread(thread: _Thread) -> Thread | None:
    """None for a thread that somebody else opened, or that this account opened for another purpose."""
    if not thread.comments.nodes:
        return None
    first, *replies = thread.comments.nodes
    if not first.viewer_did_author or findings_marker(first.body) is None:
        return None
    unseen = thread.comments.total_count > len(thread.comments.nodes)
    return Thread(
        id=thread.id,
        path=thread.path,
        comment_id=first.id,
        body=first.body,
        created_at=first.created_at,
        is_resolved=thread.is_resolved,
        is_outdated=thread.is_outdated,
        posted_on=first.original_commit.oid if first.original_commit else None,
        is_answered=unseen or any(not reply.viewer_did_author for reply in replies),
        own_replies=tuple(reply.id for reply in replies if reply.viewer_did_author),
    )


def _own_summary(comment: _Comment) -> SummaryComment | None:
    marker = summary_marker(comment.body) if comment.viewer_did_author else None
    return SummaryComment(comment.id, comment.created_at, marker) if marker else None
