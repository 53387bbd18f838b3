"""Workflow commands: annotations on the lines of a change, where no review can be posted."""

from __future__ import annotations

from reviewbot.finding import Finding, Severity, Side, most_important_first
from reviewbot.outcome import Review
from reviewbot.report.escape import command_data, command_property
from reviewbot.report.masking import Mask
from reviewbot.report.wording import sentence, why

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def workflow_commands(review: Review) -> str:
    """One workflow command a line, the most severe finding first: GitHub shows the first ten of each kind in a step."""
    review = Mask(review).review
    return "".join(f"{_command(finding)}\n" for finding in most_important_first(review.findings))


def _command(finding: Finding) -> str:
    at = finding.location
    said = " ".join(part for part in (sentence(finding.message), why(finding), sentence(finding.advice)) if part)
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
