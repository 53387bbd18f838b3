"""Removed lines of a Compose file that a finding is about, offered as they were: nobody knows better what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from reviewbot.attribution import Blame
from reviewbot.change.model import Change, ChangedFile
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Finding, Side
from reviewbot.rules.rule import Rule
from reviewbot.source.text import Span
from reviewbot.suggestion.prove import Prover


def with_removed_lines(
    findings: Iterable[Finding], blame: Blame, change: Change, head: Facts, rules: Sequence[Rule]
) -> dict[Finding, Finding]:
    """The findings as they stand in the head, each with itself as it is to be shown.

    One that a removed block of lines brought in has these lines for its fix, where they still mend it.
    """
    prover: Prover | None = None
    told = {}
    for finding in findings:
        shown = blame.place(finding)
        changed = change.file(finding.location.path)
        if finding.edits and shown.location.side is Side.LEFT and changed and changed.path in head.compose_files:
            edits = _putting_back(shown, changed)
            prover = prover or Prover(head, rules)
            if edits and prover.mends([finding], edits):
                told[replace(finding, edits=edits)] = replace(shown, edits=edits)
                continue
        told[finding] = shown
    return told


def _putting_back(shown: Finding, changed: ChangedFile) -> tuple[Edit, ...]:
    """The removed lines, where they were; nothing where other lines took their place."""
    at, before, after = shown.location, changed.before, changed.after
    if before is None or after is None or at.path != changed.path:
        return ()
    lines = before[before.lines_span(at.line, at.end_line)]
    for line in range(1, after.line_count):
        if changed.old_line(line) == at.line - 1 and not changed.is_added_line(line):
            if changed.is_added_line(line + 1) or not lines.endswith("\n"):
                return ()
            start = after.lines_span(line + 1, line + 1).start
            return (Edit(changed.path, Span(start, start), lines),)
    return ()
