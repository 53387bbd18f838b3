"""From a review to the pull request: read what stands there, plan, send little, and look once more.

A usual run takes three to five requests, however many findings there are, and a run that has nothing new
to say takes one. Whatever happens on the way, the next run finds its own traces and goes on from them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence

from msgspec import Struct

from reviewbot.finding import Notice
from reviewbot.github.client import Client, OutOfPatience, Refused, Unclear
from reviewbot.github.event import Event, PullRequest
from reviewbot.github.marker import SummaryState
from reviewbot.github.mutations import (
    Mutation,
    Outcome,
    delete_issue_comment,
    dismiss_review,
    mutate,
    unresolve_thread,
    update_issue_comment,
    update_review_comment,
)
from reviewbot.github.plan import Plan, Post, Reason, Retirement, Wishes, plan
from reviewbot.github.retiring import Closing, Retired, retire
from reviewbot.github.reviewing import Place, Posting, create_once, post_on_files, post_reviews
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
from reviewbot.report.wording import count


class Result(enum.Enum):
    """How far the review came."""

    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    """There are newer commits than those that were reviewed: their own run speaks."""
    CLOSED = "closed"
    FALLBACK = "fallback"
    """The review has to be shown by annotations and the job's summary; a notice says why."""


class Published(Struct, frozen=True):
    """What was done. ``refused`` are comments that GitHub did not take on their lines: the summary has them.

    ``edited`` counts inline comments; ``summary`` is ``created``, ``edited`` or None. ``requests`` counts all calls.
    ``standing`` are fingerprints of findings that stand in a thread.
    """

    result: Result
    posted: tuple[Comment, ...] = ()
    refused: tuple[Comment, ...] = ()
    edited: int = 0
    retired: tuple[Retired, ...] = ()
    reopened: int = 0
    summary: str | None = None
    requests: int = 0
    notices: tuple[Notice, ...] = ()
    standing: frozenset[str] = frozenset()


class Speech(Struct, frozen=True):
    """What a review says in a discussion.

    ``summary_of`` renders the sticky summary. Without ``creates_summary`` one that stands is kept up to date and none
    is made. With ``requests_changes`` a review asks for changes, and without one that stands is dismissed. ``images``
    is what the summary is to remember of the measured images.
    """

    wishes: Wishes
    summary_of: Callable[[Delivery], str]
    creates_summary: bool = True
    requests_changes: bool = False
    images: str | None = None


Speak = Callable[[SummaryState], Speech]
"""What to say, given what the summary remembers: people may have decided things there."""
Amend = Callable[[SummaryState], SummaryState]


def publish(
    client: Client, event: Event, pull: PullRequest, speak: Speak, amend: Amend = lambda state: state
) -> Published:
    """Bring the pull request's discussion to what the review wishes to say.

    ``amend`` changes what is remembered before that. Nothing is written to a closed pull request or one with newer
    commits. Raises nothing for what GitHub answers or does not: the result says so.
    """
    run = _Run(client, pull, speak, amend)
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
        reopened=run.reopened,
        summary=run.summary,
        requests=client.requests,
        notices=tuple(run.notices),
        standing=run.standing,
    )


class _Stop(Exception):
    """There is nothing to publish to (any more)."""

    def __init__(self, result: Result, message: str) -> None:
        super().__init__(message)
        self.result = result


class _Run:
    """The state of one publication, so that what was done is known wherever it ends."""

    def __init__(self, client: Client, pull: PullRequest, speak: Speak, amend: Amend) -> None:
        self._client = client
        self._pull = pull
        self._speak = speak
        self._amend = amend
        self.posting = Posting()
        self.edited = 0
        self.retired: list[Retired] = []
        self.reopened = 0
        self.summary: str | None = None
        self.standing: frozenset[str] = frozenset()
        self.notices: list[Notice] = []

    def go(self) -> None:
        found = self._read()
        known = self._amend(known_state(found.summaries))
        speech = self._speak(known)
        wishes = speech.wishes
        refused_before_now = refused_before(known, self._pull.head_sha)
        made = plan(wishes, found.threads, refused_before_now)
        posts = [*made.posts, *self._reopen(made)]
        self._post(posts, demands=speech.requests_changes and not found.demands)
        if refused := self.posting.refused:
            self.notices.append(Notice(f"GitHub did not take {count(len(refused), 'comment')} on the lines"))
        self._write_summary_and_edits(found, made, speech, known, refused_before_now & made.wanted)
        if self.posting.taken or self.summary == "created":
            try:
                self._clean_up(wishes)
            except _Stop:
                pass  # the run for the newer commits looks after what is left
            except (Refused, Unclear, OutOfPatience) as problem:
                self.notices.append(Notice(f"the comments stand, but nobody looked for duplicates: {problem}"))

    def _reopen(self, made: Plan) -> list[Post]:
        """Open threads again whose findings are back; gives the comments to post for those that stay shut."""
        mutations: list[Mutation] = []
        for reopening in made.reopenings:
            thread = reopening.thread
            mutations += [unresolve_thread(thread.id), update_review_comment(thread.comment_id, reopening.post.body)]
        outcomes = mutate(self._client, mutations)
        opened = [outcome is Outcome.DONE for outcome in outcomes[::2]]
        self.reopened = opened.count(True)
        self.standing = self.standing.union(
            *(each.post.ids for each, is_open in zip(made.reopenings, opened, strict=True) if is_open)
        )
        return [each.post for each, is_open in zip(made.reopenings, opened, strict=True) if not is_open]

    def _post(self, posts: Sequence[Post], *, demands: bool) -> None:
        place = Place(self._client, self._pull.number, self._pull.head_sha, self._read)
        post_reviews(place, [post for post in posts if not post.on_file], self.posting, demands=demands)
        post_on_files(place, [post for post in posts if post.on_file], self.posting)

    def _read(self) -> Discussion:
        found = read_discussion(self._client, self._pull.number)
        if found.state != "OPEN":
            raise _Stop(
                Result.CLOSED, f"the pull request is {found.state.lower()} by now: there is nobody to comment for"
            )
        if found.head_sha != self._pull.head_sha:
            raise _Stop(
                Result.SUPERSEDED,
                f"{self._pull.head_sha} was reviewed, the pull request is at {found.head_sha} by now: "
                "the review of that commit speaks",
            )
        return found

    def _write_summary_and_edits(
        self, found: Discussion, made: Plan, speech: Speech, known: SummaryState, refused_before_now: frozenset[str]
    ) -> None:
        """The summary goes first: it keeps the record of what is about to be closed."""
        refused = refused_before_now.union(post.comment.fingerprint for post in self.posting.refused)
        state = next_state(known, made, refused, self._pull.head_sha, speech.images)
        self.standing = self.standing.union(*(post.ids for post in self.posting.taken))
        told = delivery(made, state, self.standing)
        self.standing = told.posted
        summary = plan_summary(
            found.summaries, speech.summary_of(told), state, may_create=speech.creates_summary or bool(state.ignored)
        )
        if summary.create is not None:
            self._create_summary(summary.create)

        mutations: list[Mutation] = [update_issue_comment(*summary.edit)] if summary.edit else []
        mutations += [update_review_comment(edit.thread.comment_id, edit.body) for edit in made.edits]
        mutations += [delete_issue_comment(comment) for comment in summary.delete]
        own = len(mutations)
        if not speech.requests_changes:
            mutations += [dismiss_review(review, "What was asked for is done.") for review in found.demands]
        outcomes, self.retired = retire(self._client, self._due(made), mutations)
        if summary.edit and outcomes[0] is Outcome.DONE:
            self.summary = "edited"
        begin = 1 if summary.edit else 0
        self.edited = outcomes[begin : begin + len(made.edits)].count(Outcome.DONE)
        if any(outcome is not Outcome.DONE for outcome in outcomes[own:]):
            self.notices.append(Notice("the token may not dismiss the review that asks for changes: somebody has to"))
        self._tell_failures(outcomes[:own], self.retired)

    def _due(self, made: Plan) -> list[Retirement]:
        """The threads to close: one whose successor GitHub refused goes on as it is."""
        lost = frozenset[str]().union(*(post.ids for post in self.posting.refused))
        return [each for each in made.retirements if each.reason is not Reason.OUTDATED or not each.thread.ids & lost]

    def _create_summary(self, body: str) -> None:
        issue = self._client.repository.get_issue(self._pull.number)
        create_once(self._client, lambda: issue.create_comment(body).id, lambda: bool(self._read().summaries))
        self.summary = "created"

    def _clean_up(self, wishes: Wishes) -> None:
        """Another run may have posted in the same moment: whichever looks last sees both, and keeps the older."""
        found = self._read()
        again = plan(wishes, found.threads)
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
            undone = count(len(failed), "change")
            self.notices.append(
                Notice(f"GitHub did not carry out {undone} of earlier comments: the next run tries again")
            )


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
