"""A review and a pull request's discussion: what people decided there counts, and what is to be said goes there."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from reviewbot.action.runtime import Runtime
from reviewbot.finding import Notice
from reviewbot.github.client import OutOfPatience, Refused, Unclear
from reviewbot.github.event import PullRequest
from reviewbot.github.marker import SummaryState
from reviewbot.github.plan import Wishes
from reviewbot.github.publish import Published, Result, Speech, publish
from reviewbot.github.sticky import Delivery, known_state
from reviewbot.github.threads import read_discussion
from reviewbot.ignoring import Ignored, without_ignored
from reviewbot.outcome import Review, Verdict
from reviewbot.report.comment import comment_body
from reviewbot.report.stored_images import stored
from reviewbot.report.summary import is_clean, summary
from reviewbot.settings import Settings

_ONLY_READ = (
    "There is no token to comment with: give `github-token: ${{ github.token }}`; the review is in the annotations and "
    "in the job's summary"
)


def discuss(
    runtime: Runtime,
    pull: PullRequest,
    review: Review,
    settings: Settings,
    amend: Callable[[SummaryState], SummaryState] = lambda state: state,
) -> tuple[Review, Published]:
    """Publish a review on its pull request; gives it back without what people ignored by command.

    ``amend`` changes what the summary remembers, for a command. A token that may only read leaves it all to
    annotations and the job's summary.
    """
    if runtime.client is None:
        return review, Published(Result.FALLBACK, notices=(Notice(_ONLY_READ),))
    if runtime.event.is_read_only:
        return as_decided(runtime, pull.number, review, settings), Published(Result.FALLBACK)
    decided: list[Review] = [review]

    def speak(state: SummaryState) -> Speech:
        decided[0] = without_ignored(review, ignored_in(state), settings)
        return _speech(runtime, pull, decided[0], settings)

    published = publish(runtime.client, runtime.event, pull, speak, amend)
    return decided[0], published


def as_decided(runtime: Runtime, number: int, review: Review, settings: Settings) -> Review:
    """The review without what people ignored by command in a pull request, where the token may read that."""
    if runtime.client is None or not review.findings:
        return review
    try:
        found = read_discussion(runtime.client, number)
    except (Refused, Unclear, OutOfPatience):
        return review
    return without_ignored(review, ignored_in(known_state(found.summaries)), settings)


def ignored_in(state: SummaryState) -> list[Ignored]:
    return [Ignored(each.id, each.rule, each.by, each.reason) for each in state.ignored]


def _speech(runtime: Runtime, pull: PullRequest, review: Review, settings: Settings) -> Speech:
    context = runtime.context(pull.base_sha, pull.head_sha)

    def summary_of(made: Delivery) -> str:
        told = replace(context, posted=made.posted, refused=made.refused, settled=made.settled)
        return summary(review, context=told)

    wishes = Wishes(
        comments=review.comments,
        body_of=lambda comment: comment_body(comment, review),
        head_sha=pull.head_sha,
        limit=settings.max_comments,
        suppressed=frozenset(finding.fingerprint for finding, _ in review.suppressed),
        unjudged=frozenset(review.unjudged),
        unread=frozenset(review.unread),
        files=frozenset(review.hunks) if settings.file_comments else frozenset(),
    )
    return Speech(
        wishes=wishes,
        summary_of=summary_of,
        creates_summary=not is_clean(review),
        requests_changes=settings.request_changes and review.verdict is Verdict.FAIL,
        images=stored(review),
    )
