"""Events about commits alone: a merge queue's, a push to a branch, and an audit of the whole repository."""

from __future__ import annotations

from msgspec.structs import replace

from reviewbot.action.audit_issue import keep_issue
from reviewbot.action.checking import check
from reviewbot.action.checkout import bring_commits
from reviewbot.action.delivery import deliver
from reviewbot.action.examining import Case, opened
from reviewbot.action.inputs import is_on, read_formats
from reviewbot.action.runtime import Runtime
from reviewbot.action.speaking import as_decided
from reviewbot.change.problem import GitProblem
from reviewbot.github.event import Commits
from reviewbot.github.outputs import commands_stopped
from reviewbot.image.baseline.kept import BaselineProblem
from reviewbot.image.docker.engine import Engine, EngineUnavailable
from reviewbot.report.escape import inline


def review_commits(runtime: Runtime) -> int:
    commits = runtime.event.commits
    if commits is None:
        runtime.notice("The push deletes a branch: there is nothing to look at.")
        return 0
    if runtime.event.name == "merge_group":
        return _review_group(runtime, commits)
    return _report_all(runtime, commits)


def _review_group(runtime: Runtime, commits: Commits) -> int:
    """What a group of pull requests brings in together: judged as each of them was, with a check and no comments."""
    formats = read_formats(runtime)
    with (
        opened(runtime, commits.base_sha, commits.head_sha) as case,
        check(runtime, case.settings, commits.head_sha) as c,
    ):
        review = case.gather().review()
        if commits.pull_number is not None:
            review = as_decided(runtime, commits.pull_number, review, case.settings)
        context = runtime.context(commits.base_sha, commits.head_sha)
        stands = c.conclude(review, context, ())
        return deliver(runtime, review, context, formats, annotate=not stands, notices=c.notices)


def _report_all(runtime: Runtime, commits: Commits) -> int:
    """Everything in the repository, as it is now; nothing of it is new, so nothing fails unless ``fail-on`` is given."""
    formats = read_formats(runtime)
    overrides = {"scope": "all"} | ({} if runtime.input("fail-on") else {"fail_on": "never"})
    base = commits.base_sha if _is_there(runtime, commits.base_sha) else None
    with opened(runtime, base, commits.head_sha, config_of=commits.head_sha, **overrides) as case:
        review = case.gather().review()
        context = replace(runtime.context(base, commits.head_sha), is_on_change=False)
        notices = keep_issue(runtime, review, context) if is_on(runtime, "audit-issue") else []
        notices += _keep_baseline(runtime, case)
        return deliver(runtime, review, context, formats, annotate=False, notices=notices)


def _keep_baseline(runtime: Runtime, case: Case) -> list[str]:
    """Keep what the images weigh for the pull requests that begin at this commit; gives what the run's page is to say."""
    settings = case.settings
    if settings.baseline is None or not settings.build or not runtime.event.may_build:
        return []
    from reviewbot.run.baseline import keep_baseline

    try:
        with commands_stopped(runtime.log):
            outcomes, notices = keep_baseline(
                case.read, settings, Engine.find(), settings.baseline, case.read.repository.root, runtime.say
            )
    except (BaselineProblem, EngineUnavailable) as problem:
        return [f"The baseline {settings.baseline} was not kept: {problem}."]
    failed = [f"{inline(o.name)} is not in the baseline: {inline(o.reason)}" for o in outcomes if o.measurement is None]
    return [*(notice.message for notice in notices), *failed]


def _is_there(runtime: Runtime, commit: str | None) -> bool:
    """Whether a commit can be had; one that a force-push threw away may be gone."""
    try:
        return commit is not None and bring_commits(runtime, None, commit) is None
    except GitProblem:
        return False
