"""Workflow commands: annotations on the lines of a change, where no review can be posted."""

from __future__ import annotations

from collections.abc import Collection

from reviewbot.finding import Finding, Severity, Side, most_important_first
from reviewbot.outcome import Review
from reviewbot.report.escape import command_data, command_property, log, plain
from reviewbot.report.masking import Mask
from reviewbot.report.wording import told

_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.INFO: "notice"}
_MOST_MESSAGE = 4_000
_MOST_DETAILS = 15_000
"""Characters: GitHub takes 64 KB of either."""
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def workflow_commands(review: Review) -> str:
    """One workflow command a line, the most severe finding first: GitHub shows the first ten of each kind in a step."""
    review = Mask(review).review
    return "".join(f"{_command(finding)}\n" for finding in most_important_first(review.findings))


def check_annotations(review: Review, posted: Collection[str] = ()) -> list[dict[str, str | int]]:
    """Annotations of a check run, the most severe finding first, as GitHub's REST interface names their fields.

    ``posted`` are fingerprints of findings that are said elsewhere on the lines.
    """
    review = Mask(review).review
    return [
        _annotation(finding) for finding in most_important_first(review.findings) if finding.fingerprint not in posted
    ]


def _annotation(finding: Finding) -> dict[str, str | int]:
    at = finding.location
    said = told(finding)
    place: dict[str, str | int] = {"start_line": 1, "end_line": 1}
    if at.side is Side.LEFT:
        said = f"Removed line {at.line}: {said}"
    else:
        place = {"start_line": at.line, "end_line": at.end_line}
        if at.line == at.end_line:
            place |= {"start_column": at.column, "end_column": at.end_column}
    annotation: dict[str, str | int] = {
        "path": at.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        **place,
        "annotation_level": _LEVELS[finding.severity],
        "title": finding.rule[:255],
        "message": plain(said, _MOST_MESSAGE),
    }
    if finding.log:
        annotation["raw_details"] = log(finding.log[-_MOST_DETAILS:])[-_MOST_DETAILS:]
    return annotation


def _command(finding: Finding) -> str:
    at = finding.location
    said = told(finding)
    properties: dict[str, str] = {}
    if at.side is Side.RIGHT:
        properties |= {"file": at.path, "line": str(at.line), "endLine": str(at.end_line)}
        if at.line == at.end_line:  # columns count only within one line
            properties |= {"col": str(at.column), "endColumn": str(at.end_column)}
    else:
        said = f"{at.path}, removed line {at.line}: {said}"
    properties["title"] = finding.rule
    given = ",".join(f"{name}={command_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {given}::{command_data(said)}"
