"""What was gathered for a review, and the review made of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.attribution import Blame
from reviewbot.change.model import Change
from reviewbot.confirm import confirmed
from reviewbot.facts import Facts
from reviewbot.finding import Finding, Notice
from reviewbot.outcome import Review, Suggestion
from reviewbot.proven_by_build import Tried, marked, withdrawn_for
from reviewbot.putting_back import with_removed_lines
from reviewbot.review import Identity, identity, judge_change, review, without_fix
from reviewbot.rules.rule import Rule
from reviewbot.settings import Settings
from reviewbot.shellcheck.program import ShellCheck
from reviewbot.suggestion.fix import Fixed, fix_all

if TYPE_CHECKING:
    from reviewbot.image.measure import Measured

NOTHING: Mapping[Identity, str] = MappingProxyType({})

TryAll = Callable[[Sequence[Suggestion], Facts], Tried]

MOST_APART = 4
"""Findings whose fixes are built apart, to find which of a suggestion's it is that breaks an image."""


class Gathered(Struct, frozen=True):
    """All that the core needs, and what could not be had."""

    change: Change
    base: Facts
    head: Facts
    rules: tuple[Rule, ...]
    settings: Settings
    notices: tuple[Notice, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    shellcheck: ShellCheck | None = None
    paths: tuple[str, ...] = ()
    """The files and folders that the review is about; none: all."""
    measured: Measured | None = None
    """What came of the images; None where there are none to measure."""
    try_all: TryAll | None = None
    """Builds the images with suggestions applied; None where nothing is built."""
    unasked: tuple[str, ...] = ()
    """Rules that lacked what they speak from."""
    known: tuple[Finding, ...] = ()
    """What an earlier run found in this very head, for rules that cannot be asked now."""
    withdrawn: Mapping[Identity, str] = NOTHING
    """The fixes that an earlier run of this very head built in vain, and why: they are told in words."""

    def found(self) -> list[Finding]:
        """What the review speaks of, where it stands in the head."""
        return judge_change(self.change, self.base, self.head, self.settings, self.rules, self.paths)[2]

    def review(self) -> Review:
        return self.reviewed()[0]

    def reviewed(self) -> tuple[Review, Tried]:
        """The review, and what building its suggestions told."""
        start = time.monotonic()
        outcome = self._confirmed()
        judging = time.monotonic() - start
        outcome, tried, _ = self._without_broken(outcome)
        timings = {**self.timings, "judge": round(judging, 3), "prove": round(time.monotonic() - start - judging, 3)}
        return replace(marked(outcome, tried), timings=timings), tried

    def _without_broken(self, outcome: Review) -> tuple[Review, Tried, dict[Identity, str]]:
        """The review without fixes that break an image, what building told of those that stay, and what was withdrawn."""
        tried = self._tried(outcome)
        if not tried.broken:
            return outcome, tried, {}
        withdrawn = withdrawn_for(tried)
        spared = self._innocent(tried, withdrawn)
        if spared:
            fewer = {key: reason for key, reason in withdrawn.items() if key not in spared}
            outcome = self._confirmed(fewer)
            again = self._tried(outcome)
            if not again.broken:
                return outcome, replace(again, broken=_without(tried.broken, spared)), fewer
        return self._confirmed(withdrawn), tried, withdrawn

    def _innocent(self, tried: Tried, withdrawn: Mapping[Identity, str]) -> set[Identity]:
        """Findings that share a broken suggestion with another one, and whose own fix breaks nothing."""
        shared = [identity(f) for s in tried.broken if len(s.findings) > 1 for f in s.findings]
        spared = set()
        for key in shared[:MOST_APART]:
            others = {other: reason for other, reason in withdrawn.items() if other != key}
            if not self._tried(self._confirmed(others)).broken:
                spared.add(key)
        return spared

    def _tried(self, outcome: Review) -> Tried:
        if self.try_all is None:
            return Tried(frozenset(), {}, {})
        return self.try_all(outcome.suggestions, self.head)

    def _confirmed(self, withdrawn: Mapping[Identity, str] = NOTHING) -> Review:
        return confirmed(
            self.head,
            self.rules,
            self.shellcheck,
            partial(self._judge, withdrawn={**self.withdrawn, **withdrawn}),
            lambda r: dict.fromkeys(r.suggested.values()),
        )

    def _judge(self, head: Facts, withdrawn: Mapping[Identity, str]) -> Review:
        return review(
            self.change,
            self.base,
            head,
            self.settings,
            self.rules,
            notices=self.notices,
            within=self.paths,
            withdrawn=withdrawn,
            unasked=self.unasked,
            known=self.known,
        )

    def fixed(self, leaves: Callable[[Finding], bool] = lambda finding: False) -> Fixed:
        """The head with every fix made for what the review speaks of, but for findings that somebody ``leaves``."""
        broken = self._without_broken(self._confirmed())[2] if self.try_all else {}
        withdrawn = {**self.withdrawn, **broken}
        blame = Blame(self.change, self.base, self.rules)
        told = with_removed_lines(self.found(), blame, self.change, self.head, self.rules)
        found = [f for f in told if not leaves(f)]
        found = [without_fix(f, withdrawn[identity(f)]) if identity(f) in withdrawn else f for f in found]
        spared = {finding for finding in found if identity(finding) in withdrawn}
        return confirmed(
            self.head,
            self.rules,
            self.shellcheck,
            lambda head: fix_all(found, head, self.rules, spared),
            lambda fixed: fixed.as_suggestions(self.head),
        )


def _without(broken: Mapping[Suggestion, str], spared: Collection[Identity]) -> dict[Suggestion, str]:
    """Suggestions that break an image, each for those of its findings alone whose fixes do."""
    found = {s: tuple(f for f in s.findings if identity(f) not in spared) for s in broken}
    return {replace(s, findings=found[s]): reason for s, reason in broken.items() if found[s]}
