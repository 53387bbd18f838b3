"""``--format sarif``: SARIF 2.1.0, for code scanning and editors, with fingerprints and the proven fixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reviewbot import __version__
from reviewbot.finding import Finding, Notice, Severity, Side, Suppression, most_important_first
from reviewbot.links import DOCS_URL, HOME_URL, rule_page
from reviewbot.outcome import Review, Suggestion
from reviewbot.report import escape
from reviewbot.report.json_text import json_text
from reviewbot.report.masking import Mask
from reviewbot.report.wording import proof, sentence, told
from reviewbot.source.text import Text

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_MOST_RESULTS = 25_000
"""Results that code scanning takes of one run."""

Json = dict[str, Any]


def to_sarif(review: Review, *, docs_url: str = DOCS_URL) -> str:
    """The SARIF log of a review, ending in a line end."""
    review = Mask(review).review
    found: list[tuple[Finding, Suppression | None]] = [(each, None) for each in most_important_first(review.findings)]
    found = [*found, *review.suppressed][:_MOST_RESULTS]
    names = sorted({finding.rule for finding, _ in found})
    run = {
        "tool": {
            "driver": {
                "name": "reviewbot",
                "semanticVersion": __version__,
                "informationUri": HOME_URL,
                "rules": [_rule(name, found, review.titles, docs_url) for name in names],
            }
        },
        "automationDetails": {"id": "reviewbot/"},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, suppression, names.index(finding.rule), review, docs_url) for finding, suppression in found
        ],
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": [_notification(n) for n in review.notices]}
        ],
    }
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(
    name: str, found: Sequence[tuple[Finding, Suppression | None]], titles: Mapping[str, str], docs_url: str
) -> Json:
    severity = max(finding.severity for finding, _ in found if finding.rule == name)
    page = rule_page(name, docs_url)
    title = sentence(titles.get(name, name))
    return {
        "id": name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": f"{title} {page}", "markdown": f"{escape.inline(title)} [Why, and when it is fine]({page})."},
        "helpUri": page,
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {"tags": ["docker", *(["security"] if "secret" in name else [])]},
    }


def _result(finding: Finding, suppression: Suppression | None, rule_index: int, review: Review, docs_url: str) -> Json:
    at = finding.location
    said = told(finding)
    if at.side is Side.LEFT:
        said = f"Line {at.line} was removed. {said}"
    page = rule_page(finding.rule, docs_url)
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": said, "markdown": f"{escape.inline(said, 4000)} [Why]({page})"},
        "locations": [{"physicalLocation": _place(finding)}],
        "partialFingerprints": {"reviewbot/v1": finding.fingerprint},
    }
    suggestion = review.suggested.get(finding)
    if suggestion is not None and not suggestion.creates_file and (text := review.texts.get(suggestion.path)):
        result["fixes"] = [_fix(suggestion, text)]
    if suppression is not None:
        kind = "inSource" if suppression.by == "comment" else "external"
        result["suppressions"] = [{"kind": kind, "justification": suppression.reason}]
    return result


def _place(finding: Finding) -> Json:
    """The exact characters; of a line that was removed only the file, since the head has no such line."""
    at = finding.location
    place: Json = {"artifactLocation": _artifact(at.path)}
    if at.side is Side.RIGHT:
        place["region"] = {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column + 1,
        }
    return place


def _fix(suggestion: Suggestion, text: Text) -> Json:
    return {
        "description": {"text": sentence(proof(suggestion))},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(suggestion.path),
                "replacements": [
                    {
                        "deletedRegion": _lines(suggestion, text),
                        "insertedContent": {"text": suggestion.replacement},
                    }
                ],
            }
        ],
    }


def _lines(suggestion: Suggestion, text: Text) -> Json:
    """The replaced lines with their ends; an empty region where the suggestion only inserts."""
    first, last = suggestion.first_line, suggestion.last_line
    end_line, end_column = last + 1, 1
    if first <= last and last >= text.line_count and not text.content.endswith("\n"):
        end_line, end_column = last, len(text.line_text(last)) + 1
    return {"startLine": first, "startColumn": 1, "endLine": end_line, "endColumn": end_column}


def _artifact(path: str) -> Json:
    return {"uri": quote(path.encode("utf-8", "surrogateescape"), safe="/"), "uriBaseId": "%SRCROOT%"}


def _notification(notice: Notice) -> Json:
    made: Json = {"level": "note", "message": {"text": sentence(notice.message)}}
    if notice.path is not None:
        place: Json = {"artifactLocation": _artifact(notice.path)}
        if notice.line is not None:
            place["region"] = {"startLine": notice.line}
        made["locations"] = [{"physicalLocation": place}]
    return made
