"""An audit's result as one issue: opened where there is something to do, edited in place, closed when all is done."""

from __future__ import annotations

from reviewbot.action.runtime import Runtime
from reviewbot.github.client import OutOfPatience, Refused, Unclear
from reviewbot.github.issues import IssueKeeper
from reviewbot.outcome import Review
from reviewbot.report.context import ReportContext
from reviewbot.report.summary import is_clean, summary

_TITLE = "Docker: what reviewbot finds in this repository"


def keep_issue(runtime: Runtime, review: Review, context: ReportContext) -> list[str]:
    """Bring the repository's issue to what the audit found; gives what the run's page is to say."""
    if runtime.client is None:
        return ["There is no token, so no issue is kept."]
    keeper = IssueKeeper(runtime.client)
    try:
        number = keeper.keep(_TITLE, summary(review, context=context), is_open=not is_clean(review))
    except Refused as problem:
        needed = "add `issues: write` to the job's `permissions:`" if problem.status in (403, 404) else str(problem)
        return [f"The issue could not be written: {needed}."]
    except (Unclear, OutOfPatience) as problem:
        return [f"The issue could not be written: {problem}."]
    return [f"The findings are in issue {number} of this repository."] if number else []
