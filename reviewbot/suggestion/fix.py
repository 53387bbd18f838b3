"""Applying every fix there is, until there is none left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Finding
from reviewbot.outcome import Suggestion
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.suggestion.prove import apply_to, dependents
from reviewbot.suggestion.suggest import as_edit, suggest

ROUNDS = 20
"""Each round mends at least one finding; a file that needs more is left for the next call."""


class Fixed(Struct, frozen=True):
    """The version with the fixes made, the findings they mended, and those that nothing could be done for."""

    facts: Facts
    mended: tuple[Finding, ...]
    left: tuple[Finding, ...]

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


def fix_all(findings: Iterable[Finding], facts: Facts, rules: Sequence[Rule]) -> Fixed:
    """Apply proven suggestions for these findings; those that meet another one wait for the next round."""
    remaining = list(findings)
    mended: list[Finding] = []
    for _ in range(ROUNDS):
        suggestions = suggest(remaining, facts, rules)
        chosen: Sequence[Suggestion] = suggestions.inline or suggestions.apart[:1]
        if not chosen:
            break
        facts = apply_to(facts, [as_edit(suggestion, facts) for suggestion in chosen])
        mended += [finding for suggestion in chosen for finding in suggestion.findings]
        remaining = _still_there([f for f in remaining if f not in mended], facts, rules)
    return Fixed(facts, tuple(mended), tuple(remaining))


def _still_there(findings: Sequence[Finding], facts: Facts, rules: Sequence[Rule]) -> list[Finding]:
    """The same findings where they stand now."""
    wanted = [finding.key for finding in findings]
    paths = dependents({f.location.path for f in findings}, facts)
    found = []
    for finding in judge(paths, facts, rules).active:
        if finding.key in wanted:
            wanted.remove(finding.key)
            found.append(finding)
    return found
