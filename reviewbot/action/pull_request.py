"""A pull request's event: review what it brings in, and bring its discussion up to date."""

from __future__ import annotations

from reviewbot.action.checking import check
from reviewbot.action.delivery import deliver
from reviewbot.action.examining import Case, opened
from reviewbot.action.inputs import read_formats
from reviewbot.action.runtime import Runtime
from reviewbot.action.speaking import discuss
from reviewbot.github.event import PullRequest
from reviewbot.github.publish import Result


def review_pull_request(runtime: Runtime, pull: PullRequest) -> int:
    """The exit status of a review, 0 where there is nothing to review."""
    if pull.state == "closed":
        runtime.notice("The pull request is closed: there is nothing to review.")
        return 0
    formats = read_formats(runtime)
    with opened(runtime, pull.base_sha, pull.head_sha) as case:
        if pull.is_draft and not case.settings.drafts:
            runtime.notice("The pull request is a draft, and `drafts: false` is set: it is reviewed once it is ready.")
            return 0
        return review_case(runtime, pull, case, formats)


def review_case(runtime: Runtime, pull: PullRequest, case: Case, formats: list[str]) -> int:
    with check(runtime, case.settings, pull.head_sha) as checked:
        review, published = discuss(runtime, pull, case.gather().review(), case.settings)
        context = runtime.context(pull.base_sha, pull.head_sha)
        stands = checked.conclude(review, context, published.standing)
        is_said = published.result is not Result.FALLBACK or stands
        notices = [notice.message for notice in published.notices] + checked.notices
        return deliver(runtime, review, context, formats, annotate=not is_said, notices=notices)
