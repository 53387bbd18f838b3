"""Applying every fix there is, until there is none left."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Finding, in_reading_order
from reviewbot.outcome import Suggestion
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.source.text import Span
from reviewbot.suggestion.prove import Prover, apply_to, dependents
from reviewbot.suggestion.suggest import Suggestions, as_edit, suggest

_LINE = re.compile(r"[^\n]*\n|[^\n]+")

ROUNDS = 20
"""Each round mends at least one finding; a file that needs more is left for the next call."""


class Fixed(Struct, frozen=True):
    """The version with the fixes made, the findings they mended, and those that nothing could be done for."""

    facts: Facts
    mended: tuple[Finding, ...]
    left: tuple[Finding, ...]
    """Where they stand in ``facts``."""
    left_before: tuple[Finding, ...]
    """The same where they stood before; ``mended`` are told where they stood before, in reading order."""

    def as_suggestions(self, before: Facts) -> list[Suggestion]:
        """All that was done to each file as one suggestion for the whole of it."""
        made = []
        for path in self.facts.paths:
            old, new = before.text(path), self.facts.text(path)
            if new is not None and new != old:
                mended = tuple(finding for finding in self.mended if finding.location.path == path)
                lines = old.line_count if old else 0
                made.append(Suggestion(path, 1, lines, new.content, mended, creates_file=old is None))
        return made


def fix_all(
    findings: Iterable[Finding], facts: Facts, rules: Sequence[Rule], withdrawn: Collection[Finding] = ()
) -> Fixed:
    """Apply proven suggestions for these findings; those that meet another one wait for the next round.

    ``withdrawn`` are those among them whose fix breaks an image: no round makes it, also where rules offer it anew.
    """
    # Each finding as it was, by what it is now: an earlier round may have moved it.
    remaining = {finding: finding for finding in findings}
    mended: list[Finding] = []
    for _ in range(ROUNDS):
        chosen, edits = _all_that_go_together(suggest(remaining, facts, rules), facts, rules)
        if not chosen:
            break
        facts = apply_to(facts, edits)
        now = {finding for suggestion in chosen for finding in suggestion.findings}
        mended += [remaining.pop(finding) for finding in now & remaining.keys()]
        remaining = _still_there(remaining, facts, rules, withdrawn)
    return Fixed(facts, tuple(in_reading_order(mended)), tuple(remaining), tuple(remaining.values()))


def _all_that_go_together(
    suggestions: Suggestions, facts: Facts, rules: Sequence[Rule]
) -> tuple[list[Suggestion], list[Edit]]:
    """The inline suggestions, and of those that are shown apart all that change other lines, as is proven of them.

    Left to a later round these would find the file changed, and become another suggestion than the one that was shown.
    """
    chosen = list(suggestions.inline)
    if not suggestions.apart:
        return chosen, [as_edit(suggestion, facts) for suggestion in chosen]
    edits = [edit for suggestion in chosen for edit in _as_narrow_edits(suggestion, facts)]
    prover = Prover(facts, rules)
    for suggestion in suggestions.apart:
        both = [*edits, *_as_narrow_edits(suggestion, facts)]
        found = [finding for each in (*chosen, suggestion) for finding in each.findings]
        if prover.mends(found, both):
            chosen.append(suggestion)
            edits = both
    return chosen, edits


def _as_narrow_edits(suggestion: Suggestion, facts: Facts) -> list[Edit]:
    """The suggestion as edits of those of its lines alone that it changes."""
    text = facts.text(suggestion.path)
    if text is None:
        return [as_edit(suggestion, facts)]
    span = text.lines_span(suggestion.first_line, suggestion.last_line)
    old, new = _LINE.findall(text[span]), _LINE.findall(suggestion.replacement)
    at = list(accumulate(map(len, old), initial=span.start))
    return [
        Edit(suggestion.path, Span(at[first], at[last]), "".join(new[begin:end]))
        for kind, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if kind != "equal"
    ]


def _still_there(
    findings: Mapping[Finding, Finding], facts: Facts, rules: Sequence[Rule], withdrawn: Collection[Finding]
) -> dict[Finding, Finding]:
    """The same findings where they stand now, with what they were at first."""
    wanted: dict[tuple[str, str, str], list[Finding]] = {}
    for finding, at_first in findings.items():
        wanted.setdefault(finding.key, []).append(at_first)
    paths = dependents({f.location.path for f in findings}, facts)
    found = {}
    for finding in judge(paths, facts, rules).active:
        if wanted.get(finding.key):
            at_first = wanted[finding.key].pop(0)
            found[replace(finding, edits=()) if at_first in withdrawn else finding] = at_first
    return found
