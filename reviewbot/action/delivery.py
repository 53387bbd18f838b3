"""What a run leaves behind in its workflow: the log, annotations, the job's summary, reports and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reviewbot.action.runtime import Runtime
from reviewbot.github.outputs import commands_stopped, write_outputs, write_summary
from reviewbot.outcome import Review, Verdict
from reviewbot.report.annotations import workflow_commands
from reviewbot.report.context import ReportContext
from reviewbot.report.formats import FORMATS
from reviewbot.report.page import to_html
from reviewbot.report.summary import JOB_SUMMARY_LIMIT, summary
from reviewbot.report.terminal import terminal_report
from reviewbot.report.wording import fix_command

REPORT = "reviewbot-report"
"""The reports' name in the workspace, before its ending: the one folder that later steps of the job see too."""


def deliver(
    runtime: Runtime,
    review: Review,
    context: ReportContext,
    formats: Sequence[str],
    *,
    annotate: bool,
    notices: Sequence[str] = (),
) -> int:
    """Show the review in the workflow; gives the exit status. ``annotate`` where nothing stands on the lines else."""
    with commands_stopped(runtime.log):
        fix = fix_command(review.base, is_on_change=context.is_on_change)
        print(terminal_report(review, color=True, fix=fix), file=runtime.log, flush=True)
    if annotate:
        print(workflow_commands(review), end="", file=runtime.log, flush=True)
    for notice in notices:
        runtime.notice(notice)
    write_summary(runtime.environ, summary(review, context=context, limit=JOB_SUMMARY_LIMIT))
    write_outputs(runtime.environ, {**outputs(review), **_reports(runtime, review, context, formats)})
    return 1 if review.verdict is Verdict.FAIL else 0


def outputs(review: Review) -> dict[str, str]:
    """The action's outputs; sizes are sums over all images that were measured on both sides."""
    sizes = [image.size for image in review.images if image.size is not None]
    before = [size.before for size in sizes if size.before is not None]
    after = sum(size.after for size in sizes)
    known = bool(sizes) and len(before) == len(sizes)
    return {
        "conclusion": "failure" if review.verdict is Verdict.FAIL else "success",
        "findings": str(len(review.findings)),
        "errors": str(sum(finding.severity.word == "error" for finding in review.findings)),
        "size-before": str(sum(before)) if known else "",
        "size-after": str(after) if sizes else "",
        "size-delta": str(after - sum(before)) if known else "",
    }


def _reports(runtime: Runtime, review: Review, context: ReportContext, formats: Sequence[str]) -> dict[str, str]:
    """Write the reports; gives their paths by the output's name, an empty one for what could not be written."""
    written = {}
    for name in formats:
        path = f"{REPORT}.{FORMATS[name].ending}"
        text = to_html(review, context) if name == "html" else FORMATS[name].render(review)
        problem = why_not_written(runtime.workspace / path, text.encode())
        if problem is not None:
            runtime.notice(f"The report {path} was not written to the workspace: {problem}.")
        written["report" if name == "json" else name] = path if problem is None else ""
    return written


def why_not_written(path: Path, data: bytes) -> str | None:
    """Write a file; gives why it could not be. A link in a stranger's checkout is not written through."""
    if path.is_symlink():
        return "a symbolic link stands there"
    try:
        path.write_bytes(data)
    except OSError as problem:
        return problem.strerror or type(problem).__name__
    return None
