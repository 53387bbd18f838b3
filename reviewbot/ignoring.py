"""What people ignored by command: findings that they chose to keep, in words that the review repeats."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.finding import Finding, Suppression
from reviewbot.outcome import Comment, Review
from reviewbot.review import verdict_of
from reviewbot.settings import Settings


class Ignored(Struct, frozen=True):
    """One decision: about the finding ``fingerprint``, or (where that is empty) about all findings of ``rule``."""

    fingerprint: str
    rule: str
    by: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        return finding.rule == self.rule and self.fingerprint in ("", finding.fingerprint)

    @property
    def suppression(self) -> Suppression:
        return Suppression("command", f"{self.reason or 'no reason given'} ({self.by})")


def without_ignored(review: Review, ignored: Sequence[Ignored], settings: Settings) -> Review:
    """The review with these findings among the suppressed ones, and the verdict that is left."""
    chosen = {
        finding: decision.suppression
        for finding in review.findings
        if (decision := next((each for each in ignored if each.covers(finding)), None)) is not None
    }
    if not chosen:
        return review
    findings = tuple(finding for finding in review.findings if finding not in chosen)
    return replace(
        review,
        verdict=verdict_of(findings, review.images, settings),
        findings=findings,
        suppressed=(*review.suppressed, *chosen.items()),
        suggestions=tuple(s for s in review.suggestions if any(finding not in chosen for finding in s.findings)),
        comments=tuple(kept for comment in review.comments if (kept := _kept(comment, chosen)) is not None),
    )


def _kept(comment: Comment, chosen: dict[Finding, Suppression]) -> Comment | None:
    findings = tuple(finding for finding in comment.findings if finding not in chosen)
    if not findings:
        return None
    suggestion = comment.suggestion
    if suggestion is not None and all(finding in chosen for finding in suggestion.findings):
        return replace(comment, findings=findings, suggestion=None, is_applicable=False)
    return replace(comment, findings=findings)
