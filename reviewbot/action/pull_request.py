"""A pull request's event: review what it brings in, and bring its discussion up to date."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reviewbot.action.checking import check
from reviewbot.action.delivery import deliver
from reviewbot.action.examining import Case, opened
from reviewbot.action.inputs import read_formats
from reviewbot.action.runtime import Runtime
from reviewbot.action.speaking import discuss
from reviewbot.finding import Notice
from reviewbot.github.event import PullRequest
from reviewbot.github.publish import Result
from reviewbot.image.model.report import ImageReport
from reviewbot.report.stored_images import StoredProblem, images_of, read_report


def review_pull_request(runtime: Runtime, pull: PullRequest, report: Path | None = None) -> int:
    """The exit status of a review, 0 where there is nothing to review.

    ``report`` is a JSON report of the same head whose images count, where they were measured elsewhere.
    """
    if pull.state == "closed":
        runtime.notice("The pull request is closed: there is nothing to review.")
        return 0
    formats = read_formats(runtime)
    with opened(runtime, pull.base_sha, pull.head_sha) as case:
        if pull.is_draft and not case.settings.drafts:
            runtime.notice("The pull request is a draft, and `drafts: false` is set: it is reviewed once it is ready.")
            return 0
        images, notices = read_images(report, pull.head_sha) if report is not None else ((), ())
        return review_case(runtime, pull, case.noting(notices), formats, images)


def read_images(report: Path, head_sha: str) -> tuple[tuple[ImageReport, ...], tuple[Notice, ...]]:
    """The images of a report that was brought in, and why there are none."""
    try:
        return images_of(read_report(report), head_sha), ()
    except StoredProblem as problem:
        return (), (Notice(f"The report that was given was refused: {problem}."),)


def review_case(
    runtime: Runtime, pull: PullRequest, case: Case, formats: Sequence[str], images: Sequence[ImageReport] = ()
) -> int:
    """Judge, publish and deliver; gives the exit status."""
    with check(runtime, case.settings, pull.head_sha) as checked:
        review, published = discuss(runtime, pull, case.gather(images).review(), case.settings)
        context = runtime.context(pull.base_sha, pull.head_sha)
        stands = checked.conclude(review, context, published.standing)
        is_said = published.result is not Result.FALLBACK or stands
        notices = [notice.message for notice in published.notices] + checked.notices
        return deliver(runtime, review, context, formats, annotate=not is_said, notices=notices)
