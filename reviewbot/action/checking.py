"""The check run around a review: begun with it, and concluded however it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from reviewbot.action.runtime import Runtime
from reviewbot.change.problem import GitProblem
from reviewbot.github.check_run import CheckRun, Conclusion, Outcome
from reviewbot.github.problem import GitHubProblem
from reviewbot.outcome import Review, Verdict
from reviewbot.report import escape
from reviewbot.report.annotations import check_annotations
from reviewbot.report.context import ReportContext
from reviewbot.report.summary import summary, verdict_sentence
from reviewbot.settings import Settings, SettingsProblem

_SUMMARY_LIMIT = 30_000


class Check:
    """A check run that may not exist: ``conclude`` tells whether it stands."""

    def __init__(self, run: CheckRun | None) -> None:
        self._run = run
        self._is_concluded = False

    def conclude(self, review: Review, context: ReportContext, posted: Collection[str]) -> bool:
        """``posted`` are fingerprints of findings that stand in inline comments: no annotation repeats them."""
        self._is_concluded = True
        if self._run is None:
            return False
        outcome: Outcome = "failure" if review.verdict is Verdict.FAIL else "success"
        text = summary(review, context=context, limit=_SUMMARY_LIMIT)
        said = Conclusion(outcome, verdict_sentence(review), text, check_annotations(review, posted))
        return self._run.conclude(said)

    def give_up(self, ended: BaseException) -> None:
        """Conclude without a review, where nothing was concluded yet."""
        if self._run is None or self._is_concluded:
            return
        if isinstance(ended, (SystemExit, KeyboardInterrupt)):
            said = Conclusion(
                "cancelled", "Ended before the review was done", "The run was cancelled; the next one reviews."
            )
        elif isinstance(ended, (GitHubProblem, GitProblem, SettingsProblem)):
            said = Conclusion("failure", "There could be no review", escape.inline(str(ended)))
        else:
            said = Conclusion("failure", "reviewbot failed", "This is a fault of reviewbot; the job's log tells more.")
        self._run.conclude(said)

    @property
    def notices(self) -> list[str]:
        return [self._run.notice] if self._run is not None and self._run.notice else []


@contextmanager
def check(runtime: Runtime, settings: Settings, head_sha: str) -> Iterator[Check]:
    """A check run of the commit, where settings and token allow one."""
    run = None
    if runtime.client is not None and settings.check_name and not runtime.event.is_read_only:
        run = CheckRun(runtime.client, settings.check_name, head_sha, runtime.event.run_url)
    made = Check(run)
    try:
        if run is not None:
            run.begin()
        yield made
    except BaseException as ended:
        made.give_up(ended)
        raise
