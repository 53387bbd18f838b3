"""``--format codeclimate``: a Code Climate report, as GitLab's merge requests show it on the lines of a change."""

from __future__ import annotations

from typing import Any

from reviewbot.finding import Finding, Severity, Side
from reviewbot.links import DOCS_URL, rule_page
from reviewbot.outcome import Review
from reviewbot.report.json_text import json_text
from reviewbot.report.masking import Mask
from reviewbot.report.wording import told

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def to_code_climate(review: Review, *, docs_url: str = DOCS_URL) -> str:
    """A JSON list with one issue for each finding, in reading order, ending in a line end."""
    return json_text([_issue(finding, docs_url) for finding in Mask(review).review.findings])


def _issue(finding: Finding, docs_url: str) -> dict[str, Any]:
    at = finding.location
    # A line that was removed counts in the base alone: of the head's file the first line stands for it.
    first, last = (at.line, at.end_line) if at.side is Side.RIGHT else (1, 1)
    return {
        "type": "issue",
        "check_name": finding.rule,
        "description": told(finding),
        "categories": ["Security" if "secret" in finding.rule else "Bug Risk"],
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": finding.fingerprint,
        "location": {"path": at.path, "lines": {"begin": first, "end": last}},
        "content": {"body": rule_page(finding.rule, docs_url)},
    }
