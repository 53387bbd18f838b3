"""The JSON report: a published, versioned contract. Its schema is ``docs/report.schema.json``."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from reviewbot.finding import Confidence, Finding, Notice, Severity, Side, Suppression
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import LayerChange, LayerDelta, Pairing
from reviewbot.outcome import Proof, Review, Verdict
from reviewbot.outcome import Suggestion as ProvenSuggestion
from reviewbot.report.contents_json import (
    ChangedPackage,
    ChangedVulnerabilities,
    Contents,
    contents_of,
    package_changes_of,
    vulnerabilities_of,
)
from reviewbot.report.json_text import json_text
from reviewbot.report.masking import Mask
from reviewbot.report.wording import notice_place

Bytes = int | None
SeverityWord = Literal["error", "warning", "info"]
ConfidenceWord = Literal["high", "medium", "low"]

_SEVERITIES: dict[Severity, SeverityWord] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
}
_CONFIDENCES: dict[Confidence, ConfidenceWord] = {
    Confidence.HIGH: "high",
    Confidence.MEDIUM: "medium",
    Confidence.LOW: "low",
}


class Suppressed(msgspec.Struct, frozen=True):
    """Who silenced a finding, and why."""

    by: str
    reason: str


class Suggestion(msgspec.Struct, frozen=True):
    """A proven replacement of the whole lines ``first_line``..``last_line`` of the head's file ``path``.

    ``last_line`` is ``first_line - 1`` for an insertion before ``first_line``.
    """

    path: str
    first_line: int
    last_line: int
    replacement: str
    proof: Proof
    creates_file: bool
    fingerprints: tuple[str, ...]
    """The findings that it mends."""


class ReportedFinding(msgspec.Struct, frozen=True):
    """One finding; ``line`` counts in the head's file for side RIGHT, in the base's for LEFT."""

    rule: str
    aliases: tuple[str, ...]
    severity: SeverityWord
    confidence: ConfidenceWord
    path: str
    side: Side
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    why: str
    advice: str
    evidence: str | None
    log: str
    subject: str
    fingerprint: str
    suppressed: Suppressed | None
    suggestion: Suggestion | None


class Size(msgspec.Struct, frozen=True):
    """Bytes, uncompressed unless named so. ``base_image_after`` plus all layers' ``after`` is exactly ``after``."""

    before: Bytes
    after: int
    base_image_before: Bytes
    base_image_after: int
    compressed_before: Bytes
    compressed_after: Bytes
    compressed_is_estimate: bool
    """Whether the compressed sizes are reckoned from samples."""


class Layer(msgspec.Struct, frozen=True):
    """What one instruction adds; ``line`` is its first line in the head's file (in the base's for ``removed``)."""

    instruction: str
    line: int | None
    before: Bytes
    after: Bytes
    change: LayerChange
    pairing: Pairing
    """How it was found in the base: a step that was split or merged has its bytes told where they are now."""
    made_by: int | None
    """For what a ``COPY --from`` ships: the line of the instruction that made it, where it can be told."""


class Failure(msgspec.Struct, frozen=True):
    """Where a build ended, and the last lines of its output."""

    path: str
    line: int | None
    message: str
    log: str


class RebuiltStep(msgspec.Struct, frozen=True):
    """A step that ran again; ``line`` is null where it cannot be told."""

    instruction: str
    line: int | None
    seconds: float


class Rebuild(msgspec.Struct, frozen=True):
    """The build after a change of the file ``path``: the steps that ran, and how many were taken from the cache."""

    path: str
    ran: tuple[RebuiltStep, ...]
    reused: int
    seconds: float


class Image(msgspec.Struct, frozen=True):
    """One image: what was measured of it, or why it was not."""

    name: str
    dockerfile: str
    target: str | None
    platform: str
    status: ImageStatus
    reason: str | None
    size: Size | None
    layers: tuple[Layer, ...]
    contents: Contents | None
    """What the head's image holds; null when its layers were not read."""
    package_changes: tuple[ChangedPackage, ...]
    vulnerabilities: ChangedVulnerabilities | None
    """What a scanner finds that the change introduces or fixes; null when none was asked, or it did not answer."""
    broken_budgets: tuple[str, ...]
    budgets_fail: bool
    """Whether a broken budget fails the review, rather than being a warning."""
    notices: tuple[str, ...]
    rebuild: Rebuild | None
    """What a change of one source file costs the next build; null where nobody asked."""
    build_seconds: float
    timings: dict[str, float]
    """Seconds by step; base and head may be built at the same time."""
    size_with_suggestions: int | None
    """Bytes of the head's image as it was built with the suggestions; null where that was not tried."""
    failure: Failure | None


class Report(msgspec.Struct, frozen=True):
    """A whole review. Messages are Markdown of one line; names from files stand in code spans."""

    version: Literal[1]
    verdict: Verdict
    base: str | None
    head: str | None
    findings: tuple[ReportedFinding, ...]
    """Those that count first, in reading order, then the suppressed ones."""
    suggestions: tuple[Suggestion, ...]
    fixed: tuple[ReportedFinding, ...]
    """Findings of the base that the change mends."""
    images: tuple[Image, ...]
    files: tuple[str, ...]
    """Paths that were judged."""
    notices: tuple[str, ...]
    timings: dict[str, float]
    """Seconds by step."""


def to_json(review: Review) -> str:
    """The report of a review, indented, ending in a line end."""
    return json_text(msgspec.to_builtins(report(review)))


def schema() -> dict[str, Any]:
    """The JSON Schema of the report."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Report)}


def schema_text() -> str:
    """The schema as it is published: indented, ending in a line end."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


def report(review: Review) -> Report:
    """The report's values."""
    review = Mask(review).review
    active = ((finding, None, review.suggested.get(finding)) for finding in review.findings)
    silenced = ((finding, suppression, None) for finding, suppression in review.suppressed)
    return Report(
        version=1,
        verdict=review.verdict,
        base=review.base,
        head=review.head,
        findings=tuple(_finding(*each) for each in (*active, *silenced)),
        suggestions=tuple(_suggestion(each) for each in review.suggestions),
        fixed=tuple(_finding(finding, None, None) for finding in review.fixed),
        images=tuple(map(_image, review.images)),
        files=review.files,
        notices=tuple(map(_notice, review.notices)),
        timings=dict(review.timings),
    )


def _finding(finding: Finding, suppression: Suppression | None, suggestion: ProvenSuggestion | None) -> ReportedFinding:
    at = finding.location
    return ReportedFinding(
        rule=finding.rule,
        aliases=finding.aliases,
        severity=_SEVERITIES[finding.severity],
        confidence=_CONFIDENCES[finding.confidence],
        path=at.path,
        side=at.side,
        line=at.line,
        column=at.column,
        end_line=at.end_line,
        end_column=at.end_column,
        message=finding.message,
        why=finding.why,
        advice=finding.advice,
        evidence=finding.evidence,
        log=finding.log,
        subject=finding.subject,
        fingerprint=finding.fingerprint,
        suppressed=Suppressed(suppression.by, suppression.reason) if suppression else None,
        suggestion=_suggestion(suggestion) if suggestion else None,
    )


def _suggestion(suggestion: ProvenSuggestion) -> Suggestion:
    return Suggestion(
        path=suggestion.path,
        first_line=suggestion.first_line,
        last_line=suggestion.last_line,
        replacement=suggestion.replacement,
        proof=suggestion.proof,
        creates_file=suggestion.creates_file,
        fingerprints=tuple(finding.fingerprint for finding in suggestion.findings),
    )


def _image(image: ImageReport) -> Image:
    size = image.size
    return Image(
        name=image.spec.name,
        dockerfile=image.spec.dockerfile,
        target=image.spec.target,
        platform=image.platform,
        status=image.status,
        reason=image.reason,
        size=msgspec.convert(size, Size, from_attributes=True) if size else None,
        layers=tuple(map(_layer, image.layers)),
        contents=contents_of(image),
        package_changes=package_changes_of(image),
        vulnerabilities=vulnerabilities_of(image),
        broken_budgets=image.broken_budgets,
        budgets_fail=image.budgets_fail,
        notices=image.notices,
        rebuild=msgspec.convert(image.rebuild, Rebuild, from_attributes=True) if image.rebuild else None,
        build_seconds=image.build_seconds,
        timings=dict(image.timings),
        size_with_suggestions=image.with_suggestions.size if image.with_suggestions else None,
        failure=msgspec.convert(image.failure, Failure, from_attributes=True) if image.failure else None,
    )


def _layer(layer: LayerDelta) -> Layer:
    return Layer(layer.instruction, layer.line, layer.before, layer.after, layer.change, layer.pairing, layer.made_by)


def _notice(notice: Notice) -> str:
    place = notice_place(notice)
    return f"{place}: {notice.message}" if place else notice.message
