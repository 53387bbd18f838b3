"""Secrets that a review found never leave it: not in an excerpt, a diff, a suggestion or a log.

Where a rule about secrets points at a file, that text is starred, column by column, so that every other position stays
as it was. Rules themselves never put a secret's value into words.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from msgspec.structs import replace

from reviewbot.finding import Finding, Location, Side
from reviewbot.outcome import Comment, Review, Suggestion
from reviewbot.source.text import Span, Text

_TELLING = 8
"""A value of at least so many characters, not all of them letters, is starred wherever it turns up."""


def is_secret(finding: Finding) -> bool:
    """Whether a finding points at a secret."""
    return "secret" in finding.rule or "password" in finding.rule


class Mask:
    """Stars out the secrets that one review found."""

    def __init__(self, review: Review) -> None:
        self._review = review
        found = [*review.findings, *(finding for finding, _ in review.suppressed)]
        gone = [replace(finding, location=replace(finding.location, side=Side.LEFT)) for finding in review.fixed]
        self._places = [f.location for f in (*found, *gone) if is_secret(f) and self._points_at_a_value(f)]

    @cached_property
    def review(self) -> Review:
        """The review without its secrets."""
        whole = self._review
        if not self._places:
            return whole
        return replace(
            whole,
            findings=self._findings(whole.findings),
            suppressed=tuple((self._finding(finding), suppression) for finding, suppression in whole.suppressed),
            fixed=self._findings(whole.fixed),
            suggestions=tuple(kept for s in whole.suggestions if (kept := self._suggestion(s))),
            comments=tuple(map(self.comment, whole.comments)),
            texts={path: self._text(text, Side.RIGHT) for path, text in whole.texts.items()},
            base_texts={path: self._text(text, Side.LEFT, path) for path, text in whole.base_texts.items()},
        )

    def comment(self, comment: Comment) -> Comment:
        """A comment without secrets; a suggestion that would repeat one is left out."""
        if not self._places:
            return comment
        suggestion = self._suggestion(comment.suggestion) if comment.suggestion else None
        return replace(
            comment,
            findings=self._findings(comment.findings),
            suggestion=suggestion,
            is_applicable=comment.is_applicable and suggestion is not None,
        )

    def _points_at_a_value(self, finding: Finding) -> bool:
        """Whether the place is a secret's value, not only a name or a path: those the subject says, values never."""
        return self._value(finding.location) not in finding.subject.split()

    @cached_property
    def _values(self) -> list[str]:
        """Values to star wherever they stand, the longest first."""
        values = {_bare(line) for place in self._places for line in self._value(place).splitlines()}
        telling = [v for v in values if len(v) >= _TELLING and not v.isalpha() and v.strip("*")]
        return sorted(telling, key=len, reverse=True)

    def _value(self, place: Location) -> str:
        texts = self._review.texts if place.side is Side.RIGHT else self._review.base_texts
        text = texts.get(place.path)
        return text[span_of(text, place)] if text else ""

    def _starred(self, text: str) -> str:
        for value in self._values:
            text = text.replace(value, "***")
        return text

    def _text(self, text: Text, side: Side, path: str | None = None) -> Text:
        content = text.content
        for place in self._places:
            if (place.path, place.side) == (path or text.path, side):
                span = span_of(text, place)
                content = content[: span.start] + _stars(content[span.start : span.end]) + content[span.end :]
        for value in self._values:
            content = content.replace(value, _stars(value))
        return Text(text.path, content)

    def _finding(self, finding: Finding) -> Finding:
        return replace(
            finding,
            message=self._starred(finding.message),
            why=self._starred(finding.why),
            advice=self._starred(finding.advice),
            evidence=None if finding.evidence is None else self._starred(finding.evidence),
            log=self._starred(finding.log),
        )

    def _findings(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(map(self._finding, findings))

    def _suggestion(self, suggestion: Suggestion) -> Suggestion | None:
        first, last = suggestion.first_line, suggestion.last_line
        near = [p for p in self._places if p.path == suggestion.path and p.line <= last and first <= p.end_line]
        values = [*self._values, *(_bare(self._value(place)) for place in near)]
        if any(value and value in suggestion.replacement for value in values):
            return None
        return replace(suggestion, findings=self._findings(suggestion.findings))


def span_of(text: Text, location: Location) -> Span:
    """The characters of a location; an empty span at its end for one that the text does not have."""
    mark = len(text.content) - len(text.content.removeprefix("\ufeff"))

    def offset(line: int, column: int) -> int:
        span = text.line_span(line)
        return min(span.start + column - 1 + (mark if line == 1 else 0), span.end)

    start = offset(location.line, location.column)
    return Span(start, max(start, offset(location.end_line, location.end_column + 1)))


def _bare(value: str) -> str:
    return value.strip(" \t\r\n\"'")


def _stars(text: str) -> str:
    return "".join(character if character in "\r\n" else "*" for character in text)
