"""Posting new inline comments: one review with all of them, and never the same comment twice."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from reviewbot.github.client import Client, Refused, Unclear
from reviewbot.github.marker import findings_marker, with_review_marker
from reviewbot.github.plan import Post
from reviewbot.github.threads import Discussion
from reviewbot.outcome import Comment
from reviewbot.report.wording import count

if TYPE_CHECKING:
    from github.PullRequest import ReviewComment

_ATTEMPTS = 4
_MAX_REVIEWS = 40
"""Calls to find the comments that GitHub does not take: enough for any mixture of twenty."""

_MAX_ON_FILES = 10

_OWN_PULL_REQUEST = re.compile(r"own pull request", re.IGNORECASE)
_NOT_ABOUT_A_COMMENT = re.compile(r"pending review|commit_id|no commit found", re.IGNORECASE)


class Posting(Struct):
    """What became of the comments so far: it counts even where a later call fails."""

    taken: list[Post] = field(default_factory=list)
    refused: list[Post] = field(default_factory=list)


class Place(Struct, frozen=True):
    """Where comments go: a pull request, at the commit that was reviewed."""

    client: Client
    number: int
    head_sha: str
    reread: Callable[[], Discussion]
    """Reads the discussion anew; raises where there is nothing to post to any more."""


def post_reviews(place: Place, posts: Sequence[Post], into: Posting, *, demands: bool = False) -> None:
    """Post the comments and note in ``into`` which ones GitHub took and which it refused.

    GitHub refuses a review as a whole for one comment outside its diff, and does not say for which. The halves are
    tried then, in the order of files, since it is mostly a whole file that GitHub shows no diff of. With ``demands``
    the review asks for changes, also where it has no comment.
    """
    ordered = sorted(posts, key=lambda post: (post.comment.path, post.comment.line))
    groups = deque([ordered] if ordered or demands else [])
    attempt = 0
    while groups and attempt < _MAX_REVIEWS:
        group = groups.popleft()
        try:
            _post_review(place, group, demands=demands)
            into.taken += group
            demands = False
        except Refused as problem:
            if problem.status != 422:
                raise
            if attempt == 0:
                place.reread()  # a head that moved is another reason for this answer
            if demands and (not group or _OWN_PULL_REQUEST.search(problem.message)):
                demands = False  # nobody can ask for changes of their own pull request
                groups.appendleft(group)
                if not group:
                    break
            elif _NOT_ABOUT_A_COMMENT.search(problem.message):
                raise
            elif len(group) == 1:
                into.refused += group
            else:
                middle = len(group) // 2
                groups += (group[:middle], group[middle:])
        attempt += 1
    for group in groups:
        into.refused += group


def post_on_files(place: Place, posts: Sequence[Post], into: Posting) -> None:
    """Post comments on whole files, which GitHub takes one at a time only: the first ten."""
    for post in posts[:_MAX_ON_FILES]:
        body = {"body": post.body, "commit_id": place.head_sha, "path": post.comment.path, "subject_type": "file"}

        def send(body: dict[str, str] = body) -> int | None:
            answer = place.client.rest_once("POST", f"/pulls/{place.number}/comments", body)
            return answer.get("id") if isinstance(answer, dict) else None

        try:
            create_once(place.client, send, lambda post=post: place.reread().has_open(findings_marker(post.body)))  # type: ignore[misc]
            into.taken.append(post)
        except Refused as problem:
            if problem.status != 422:
                raise
            into.refused.append(post)
    into.refused += posts[_MAX_ON_FILES:]


def _post_review(place: Place, posts: Sequence[Post], *, demands: bool) -> None:
    pull = place.client.repository.get_pull(place.number)
    commit = place.client.commit(place.head_sha)
    left = list(posts)

    def send() -> int:
        body = f"{count(len(left), 'new comment')} on lines of this change." if left else ""
        if demands:
            asked = "The change is not accepted before what fails the check is mended or ignored on purpose."
            body = with_review_marker(f"{body} {asked}".strip())
        event = "REQUEST_CHANGES" if demands else "COMMENT"
        return pull.create_review(commit, body, event, [_review_comment(post) for post in left]).id

    def is_done() -> bool:
        found = place.reread()
        return _forget_standing(left, found) and (not demands or bool(found.demands))

    create_once(place.client, send, is_done)


def _forget_standing(posts: list[Post], found: Discussion) -> bool:
    """Drop the comments that stand by now; whether none is left."""
    posts[:] = [post for post in posts if not found.has_open(findings_marker(post.body))]
    return not posts


def create_once(client: Client, send: Callable[[], int | None], is_done: Callable[[], bool]) -> None:
    """A call that must not take effect twice: after an unclear answer, look before sending it again.

    ``send`` gives the id of what was created. None is an unclear answer as well: a proxy's page with status 200.
    """

    def create() -> None:
        if send() is None:
            raise ValueError("an answer without an id")

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            client.call(create, repeatable=False)
            return
        except Unclear:
            if attempt == _ATTEMPTS:
                raise
            client.pause(attempt)
            if is_done():
                return


def _review_comment(post: Post) -> ReviewComment:
    comment: Comment = post.comment
    place: ReviewComment = {
        "path": comment.path,
        "body": post.body,
        "line": comment.line,
        "side": comment.side.value,
    }
    if comment.start_line != comment.line:
        place |= {"start_line": comment.start_line, "start_side": comment.side.value}
    return place
