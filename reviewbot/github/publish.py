"""From a review to the pull request: read what stands there, plan, send little, and look once more.

A usual run takes three to five requests, however many findings there are, and a run that has nothing new
to say takes one. Whatever happens on the way, the next run finds its own traces and goes on from them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewbot.finding import Notice
from reviewbot.github.client import Client, OutOfPatience, Refused, Unclear
from reviewbot.github.event import Event, PullRequest
from reviewbot.github.mutations import (
    Mutation,
    Outcome,
    delete_issue_comment,
    update_issue_comment,
    update_review_comment,
)
from reviewbot.github.plan import Plan, Reason, Wishes, plan
from reviewbot.github.problem import GitHubProblem
from reviewbot.github.retiring import Closing, Retired, retire
from reviewbot.github.reviewing import Posting, create_once, post_reviews
from reviewbot.github.sticky import (
    Delivery,
    delivery,
    known_state,
    next_state,
    plan_summary,
    refused_before,
)
from reviewbot.github.threads import Discussion, read_discussion
from reviewbot.outcome import Comment


class Result(enum.Enum):
    """How far the review came."""

    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    """There are newer commits than those that were reviewed: their own run speaks."""
    CLOSED = "closed"
    FALLBACK = "fallback"
    """The review has to be shown by annotations and the job's summary; a notice says why."""


@dataclass(frozen=True)
class Published:
    """What was done. ``refused`` are comments that GitHub did not take on their lines: the summary has them.

    ``edited`` counts inline comments; ``summary`` is ``created``, ``edited`` or None. ``requests`` counts all calls.
    """

    result: Result
    posted: tuple[Comment, ...] = ()
    refused: tuple[Comment, ...] = ()
    edited: int = 0
    retired: tuple[Retired, ...] = ()
    summary: str | None = None
    requests: int = 0
    notices: tuple[Notice, ...] = ()


def publish(
    client: Client,
    event: Event,
    wishes: Wishes,
    summary_of: Callable[[Delivery], str],
    *,
    creates_summary: bool = True,
) -> Published:
    """Bring the pull request's discussion to what the review wishes to say.

    ``summary_of`` renders the sticky summary. Without ``creates_summary`` one that stands is kept up to date and none
    is made. Nothing is written to a closed pull request or one with newer commits. Raises nothing for what GitHub
    answers or does not: the result says so. Raises GitHubProblem for an event without a pull request.
    """
    if event.pull is None:
        raise GitHubProblem(f"the event `{event.name}` is not about one pull request: nothing to comment on")
    run = _Run(client, event.pull, wishes, summary_of, creates_summary)
    try:
        run.go()
        result = Result.PUBLISHED
    except _Stop as stop:
        result = stop.result
        run.notices.append(Notice(str(stop)))
    except (Refused, Unclear, OutOfPatience) as problem:
        result = Result.FALLBACK
        run.notices.append(Notice(_why_not_published(problem, event)))
    return Published(
        result=result,
        posted=tuple(post.comment for post in run.posting.taken),
        refused=tuple(post.comment for post in run.posting.refused),
        edited=run.edited,
        retired=tuple(run.retired),
        summary=run.summary,
        requests=client.requests,
        notices=tuple(run.notices),
    )


class _Stop(Exception):
    """There is nothing to publish to (any more)."""

    def __init__(self, result: Result, message: str) -> None:
        super().__init__(message)
        self.result = result


class _Run:
    """The state of one publication, so that what was done is known wherever it ends."""

    def __init__(
        self,
        client: Client,
        pull: PullRequest,
        wishes: Wishes,
        summary_of: Callable[[Delivery], str],
        creates_summary: bool,
    ) -> None:
        self._client = client
        self._pull = pull
        self._wishes = wishes
        self._summary_of = summary_of
        self._creates_summary = creates_summary
        self.posting = Posting()
        self.edited = 0
        self.retired: list[Retired] = []
        self.summary: str | None = None
        self.notices: list[Notice] = []

    def go(self) -> None:
        found = self._read()
        refused_before_now = refused_before(found.summaries, self._wishes.head_sha)
        made = plan(self._wishes, found.threads, refused_before_now)
        head_sha, posting = self._wishes.head_sha, self.posting
        post_reviews(self._client, self._pull.number, head_sha, made.posts, self._read, into=posting)
        if posting.refused:
            self.notices.append(Notice(f"GitHub did not take {len(posting.refused)} comments on their lines"))
        self._write_summary_and_edits(found, made, refused_before_now & made.wanted)
        if self.posting.taken or self.summary == "created":
            try:
                self._clean_up()
            except _Stop:
                pass  # the run for the newer commits looks after what is left
            except (Refused, Unclear, OutOfPatience) as problem:
                self.notices.append(Notice(f"the comments stand, but nobody looked for duplicates: {problem}"))

    def _read(self) -> Discussion:
        found = read_discussion(self._client, self._pull)
        if found.state != "OPEN":
            raise _Stop(
                Result.CLOSED, f"the pull request is {found.state.lower()} by now: there is nobody to comment for"
            )
        if found.head_sha != self._wishes.head_sha:
            raise _Stop(
                Result.SUPERSEDED,
                f"{self._wishes.head_sha} was reviewed, the pull request is at {found.head_sha} by now: "
                "the review of that commit speaks",
            )
        return found

    def _write_summary_and_edits(self, found: Discussion, made: Plan, refused_before_now: frozenset[str]) -> None:
        """The summary goes first: it keeps the record of what is about to be closed."""
        refused = refused_before_now.union(post.comment.fingerprint for post in self.posting.refused)
        state = next_state(known_state(found.summaries), made, refused, self._wishes.head_sha)
        posted = frozenset[str]().union(*(post.ids for post in self.posting.taken))
        body = self._summary_of(delivery(made, state, posted))
        summary = plan_summary(found.summaries, body, state, may_create=self._creates_summary)
        if summary.create is not None:
            self._create_summary(summary.create)

        mutations: list[Mutation] = [update_issue_comment(*summary.edit)] if summary.edit else []
        mutations += [update_review_comment(edit.thread.comment_id, edit.body) for edit in made.edits]
        mutations += [delete_issue_comment(comment) for comment in summary.delete]
        outcomes, self.retired = retire(self._client, made.retirements, mutations)
        if summary.edit and outcomes[0] is Outcome.DONE:
            self.summary = "edited"
        begin = 1 if summary.edit else 0
        self.edited = outcomes[begin : begin + len(made.edits)].count(Outcome.DONE)
        self._tell_failures(outcomes, self.retired)

    def _create_summary(self, body: str) -> None:
        issue = self._client.repository.get_issue(self._pull.number)
        create_once(self._client, lambda: issue.create_comment(body).id, lambda: bool(self._read().summaries))
        self.summary = "created"

    def _clean_up(self) -> None:
        """Another run may have posted in the same moment: whichever looks last sees both, and keeps the older."""
        found = self._read()
        again = plan(self._wishes, found.threads)
        duplicates = [each for each in again.retirements if each.reason is Reason.DUPLICATE]
        outcomes, retired = retire(
            self._client, duplicates, [delete_issue_comment(summary.id) for summary in found.summaries[1:]]
        )
        self.retired += retired
        self._tell_failures(outcomes, retired)

    def _tell_failures(self, outcomes: Sequence[Outcome], retired: Sequence[Retired]) -> None:
        if Outcome.FORBIDDEN in outcomes:
            raise Refused(403, "one's own comments are not accessible by this token")
        failed = [outcome for outcome in outcomes if outcome is not Outcome.DONE]
        failed += [Outcome.FAILED for each in retired if each.closing is Closing.FAILED]
        if failed:
            self.notices.append(Notice(f"GitHub did not carry out {len(failed)} changes of earlier comments"))


def _why_not_published(problem: Refused | Unclear | OutOfPatience, event: Event) -> str:
    shown = "the review is in the annotations and in the job's summary"
    if not isinstance(problem, Refused):
        return f"{problem}; {shown}"
    if problem.lacks_permission and event.is_read_only:
        return f"the token of this pull request can only read: {shown}"
    if problem.lacks_permission:
        return f"the token may not comment: add `pull-requests: write` to the job's `permissions:`; {shown}"
    if problem.status == 401:
        return f"GitHub does not accept the token (`github-token`); {shown}"
    if problem.status == 404:
        needed = "`contents: read` and `pull-requests: write`"
        return f"the token does not reach the pull request: add {needed} to the job's `permissions:`; {shown}"
    return f"{problem}; {shown}"
