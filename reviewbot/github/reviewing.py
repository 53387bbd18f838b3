"""Posting new inline comments: one review with all of them, and never the same comment twice."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewbot.github.client import Client, Refused, Unclear
from reviewbot.github.marker import findings_marker
from reviewbot.github.plan import Post
from reviewbot.github.threads import Discussion
from reviewbot.outcome import Comment

if TYPE_CHECKING:
    from github.PullRequest import ReviewComment

_ATTEMPTS = 4
_MAX_REVIEWS = 40
"""Calls to find the comments that GitHub does not take: enough for any mixture of twenty."""

_NOT_ABOUT_A_COMMENT = re.compile(r"pending review|commit_id|no commit found", re.IGNORECASE)


@dataclass
class Posting:
    """What became of the comments so far: it counts even where a later call fails."""

    taken: list[Post] = field(default_factory=list)
    refused: list[Post] = field(default_factory=list)


def post_reviews(
    client: Client, number: int, head_sha: str, posts: Sequence[Post], reread: Callable[[], Discussion], into: Posting
) -> None:
    """Post the comments on ``head_sha`` and note in ``into`` which ones GitHub took and which it refused.

    GitHub refuses a review as a whole for one comment outside its diff, and does not say for which. The halves are
    tried then, in the order of files, since it is mostly a whole file that GitHub shows no diff of.
    ``reread`` reads the discussion anew; it raises where there is nothing to post to any more.
    """
    ordered = sorted(posts, key=lambda post: (post.comment.path, post.comment.line))
    groups = deque([ordered] if ordered else [])
    for attempt in range(_MAX_REVIEWS):
        if not groups:
            break
        group = groups.popleft()
        try:
            _post_review(client, number, head_sha, group, reread)
            into.taken += group
        except Refused as problem:
            if problem.status != 422:
                raise
            if attempt == 0:
                reread()  # a head that moved is another reason for this answer
            if _NOT_ABOUT_A_COMMENT.search(problem.message):
                raise
            if len(group) == 1:
                into.refused += group
            else:
                middle = len(group) // 2
                groups += (group[:middle], group[middle:])
    for group in groups:
        into.refused += group


def _post_review(
    client: Client, number: int, head_sha: str, posts: Sequence[Post], reread: Callable[[], Discussion]
) -> None:
    pull = client.repository.get_pull(number)
    commit = client.commit(head_sha)
    left = list(posts)

    def send() -> int:
        noun = "comment" if len(left) == 1 else "comments"
        body = f"{len(left)} new {noun} on lines of this change."
        return pull.create_review(commit, body, "COMMENT", [_review_comment(post) for post in left]).id

    create_once(client, send, lambda: _forget_standing(left, reread()))


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
