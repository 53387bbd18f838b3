"""Where findings are shown on a diff: one comment for each place, on lines that GitHub takes."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.change.model import Change
from reviewbot.finding import Finding, Side, most_important_first
from reviewbot.outcome import Comment, Suggestion
from reviewbot.suggestion.suggest import Suggestions


def comments_for(findings: Sequence[Finding], suggestions: Suggestions, change: Change) -> tuple[Comment, ...]:
    """One comment for every place that has findings, the most important first."""
    comments: list[Comment] = []
    told: set[Finding] = set()
    ordered = most_important_first(findings)
    position = {finding: number for number, finding in enumerate(ordered)}
    of_line: dict[tuple[str, Side, int], list[Finding]] = {}
    for finding in ordered:
        of_line.setdefault((finding.location.path, finding.location.side, finding.location.line), []).append(finding)
    for finding in ordered:
        if finding in told:
            continue
        suggestion = suggestions.of(finding)
        at = finding.location
        near = suggestion.findings if suggestion is not None else of_line[at.path, at.side, at.line]
        beside = {
            finding,
            *(f for f in near if (f.location.path, f.location.side) == (at.path, at.side) and f in position),
        }
        together = [f for f in sorted(beside - told, key=position.__getitem__) if _belongs(f, finding, suggestion)]
        told.update(together)
        comments.append(_comment(together, suggestion, suggestions, change))
    return tuple(comments)


def _belongs(other: Finding, finding: Finding, suggestion: Suggestion | None) -> bool:
    """Whether two findings of one file are told together: mended by one suggestion, or on the same line without any."""
    if other == finding:
        return True
    if suggestion is not None:
        return other in suggestion.findings
    return not other.edits and other.location.line == finding.location.line


def _comment(
    findings: Sequence[Finding], suggestion: Suggestion | None, suggestions: Suggestions, change: Change
) -> Comment:
    first = findings[0]
    path, side = first.location.path, first.location.side
    changed = change.file(path)
    start = line = first.location.line
    applicable = (
        suggestion is not None
        and suggestions.is_inline(suggestion)
        and suggestion.path == path
        and not suggestion.creates_file
        and side is Side.RIGHT
        and changed is not None
        and suggestion.first_line <= suggestion.last_line
        and changed.hunk_of(suggestion.first_line, suggestion.last_line) is not None
    )
    if applicable and suggestion is not None:
        start, line = suggestion.first_line, suggestion.last_line
    if changed is None:
        placeable = False
    elif side is Side.LEFT:
        placeable = changed.old_hunk_of(start, line) is not None
    else:
        placeable = changed.hunk_of(start, line) is not None
    return Comment(path, side, start, line, tuple(findings), suggestion, placeable, applicable)
