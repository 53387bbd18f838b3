"""``--format rdjson``: the Reviewdog Diagnostic Format, with suggestions, for reviewdog on any code host."""

from __future__ import annotations

from typing import Any

from reviewbot.finding import Finding, Severity, Side
from reviewbot.links import DOCS_URL, HOME_URL, rule_page
from reviewbot.outcome import Review, Suggestion
from reviewbot.report.excerpt import text_of
from reviewbot.report.json_text import json_text
from reviewbot.report.masking import Mask
from reviewbot.report.wording import told
from reviewbot.source.text import Text

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}

Json = dict[str, Any]


def to_rdjson(review: Review, *, docs_url: str = DOCS_URL) -> str:
    """One DiagnosticResult with a diagnostic for each finding, in reading order, ending in a line end."""
    review = Mask(review).review
    shown: set[Suggestion] = set()
    diagnostics = [_diagnostic(finding, review, docs_url, shown) for finding in review.findings]
    return json_text({"source": {"name": "reviewbot", "url": HOME_URL}, "diagnostics": diagnostics})


def _diagnostic(finding: Finding, review: Review, docs_url: str, shown: set[Suggestion]) -> Json:
    at = finding.location
    where: Json = {"path": at.path}
    if at.side is Side.RIGHT:
        where["range"] = _characters(finding, text_of(finding, review))
    diagnostic: Json = {
        "message": told(finding),
        "location": where,
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule, "url": rule_page(finding.rule, docs_url)},
    }
    suggestion = review.suggested.get(finding)
    # Reviewdog posts every suggestion as a button of its own: one that mends several findings is given once.
    if suggestion is not None and suggestion not in shown and suggestion.path == at.path:
        shown.add(suggestion)
        if not suggestion.creates_file:
            diagnostic["suggestions"] = [_suggestion(suggestion, review.texts.get(suggestion.path))]
    return diagnostic


def _characters(finding: Finding, text: Text | None) -> Json:
    """Columns are bytes of UTF-8, and the end is the first position after the range."""
    at = finding.location
    return {
        "start": {"line": at.line, "column": _column(text, at.line, at.column - 1)},
        "end": {"line": at.end_line, "column": _column(text, at.end_line, at.end_column)},
    }


def _column(text: Text | None, line: int, characters: int) -> int:
    if text is None or line > text.line_count:
        return characters + 1
    content = text.line_text(line).removeprefix("\ufeff" if line == 1 else "")  # the mark has no column
    return len(content[:characters].encode("utf-8", "surrogateescape")) + 1


def _suggestion(suggestion: Suggestion, text: Text | None) -> Json:
    first, last = suggestion.first_line, suggestion.last_line
    end = {"line": last + 1, "column": 1}
    if text is not None and first <= last and last >= text.line_count and not text.content.endswith("\n"):
        end = {"line": last, "column": _column(text, last, len(text.line_text(last)))}
    return {"range": {"start": {"line": first, "column": 1}, "end": end}, "text": suggestion.replacement}
