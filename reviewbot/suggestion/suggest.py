"""From the edits of findings to suggestions: merged by place, and proven alone and all together."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Finding, most_important_first
from reviewbot.outcome import Suggestion
from reviewbot.rules.rule import Rule
from reviewbot.source.text import Span, Text
from reviewbot.suggestion.edit import EditConflict, LineBlock, as_lines, lines_touched, replace_lines
from reviewbot.suggestion.prove import Prover, apply_to, dependents

WIDEST = 30
"""Lines that one suggestion may span at most: more is not read before the button is pressed."""


FEW = 6
"""Findings on the same lines that are tried without the last one, and the last but one, and so on."""

MOST_AT_ONE_PLACE = 25
"""Findings on the same lines that are merged; a person writes no line with more."""


class Suggestions(Struct, frozen=True, dict=True):
    """``inline`` hold all together, no two touching the same lines. ``apart`` are proven alone: their edits are
    scattered so widely that no single replacement of lines can show them, or they meet another suggestion."""

    inline: tuple[Suggestion, ...]
    apart: tuple[Suggestion, ...]

    def of(self, finding: Finding) -> Suggestion | None:
        return self._by_finding.get(finding)

    def is_inline(self, suggestion: Suggestion) -> bool:
        return suggestion in self._inline

    @cached_property
    def _by_finding(self) -> dict[Finding, Suggestion]:
        latest_first = reversed((*self.inline, *self.apart))
        return {finding: suggestion for suggestion in latest_first for finding in suggestion.findings}

    @cached_property
    def _inline(self) -> frozenset[Suggestion]:
        return frozenset(self.inline)


def suggest(
    findings: Iterable[Finding],
    facts: Facts,
    rules: Sequence[Rule],
    known: Mapping[str, tuple[Finding, ...]] | None = None,
) -> Suggestions:
    """Proven suggestions for all findings that offer edits; ``known`` has all findings of files that were judged."""
    prover = Prover(facts, rules, known)
    inline: list[Suggestion] = []
    apart: list[Suggestion] = []
    for groups in _independent(_by_place(_with_edits(findings), facts), facts):
        together: list[Suggestion] = []
        for suggestion in (s for group in groups for s in _candidate(group, prover)):
            meets = any(_meet(suggestion, other) for other in together)
            (apart if meets or _width(suggestion) > WIDEST else together).append(suggestion)
        while together and not _hold_together(together, prover):
            patient = len(together) == 1 or all(prover.has_patience(s.path) for s in together)
            kept = len(together) - 1 if patient else 1
            together, apart = together[:kept], [*apart, *together[kept:]]
        inline += together
    order = {finding: n for n, finding in enumerate(findings)}
    inline.sort(key=lambda s: min(order.get(f, 0) for f in s.findings))
    return Suggestions(tuple(inline), tuple(apart))


def _independent(groups: Sequence[list[Finding]], facts: Facts) -> Iterable[list[list[Finding]]]:
    """The groups, apart where no file is judged with the help of the other's.

    Whether suggestions hold together is then asked of each part by itself, while what its files say is still known.
    """
    part_of: dict[str, int] = {}
    parts: list[int] = []
    for number, group in enumerate(groups):
        reached = dependents({edit.path for finding in group for edit in finding.edits}, facts)
        reached.update(facts.compose_files, (finding.location.path for finding in group))
        met = {part_of[path] for path in reached if path in part_of}
        part = min(met, default=number)
        if len(met) > 1:
            parts = [part if each in met else each for each in parts]
            part_of = {path: part if each in met else each for path, each in part_of.items()}
        parts.append(part)
        part_of.update(dict.fromkeys(reached, part))
    return [[group for group, each in zip(groups, parts, strict=True) if each == part] for part in dict.fromkeys(parts)]


def _with_edits(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in most_important_first(findings) if finding.edits]


def _by_place(findings: Sequence[Finding], facts: Facts) -> list[list[Finding]]:
    """Findings whose edits touch the same lines of the same file, those with scattered edits by themselves."""
    groups: dict[tuple[str, int], tuple[LineBlock, int, list[Finding]]] = {}
    """By path and first line, with the number of the finding that made the group last; no two overlap."""
    starts: dict[str, list[int]] = {}
    scattered: list[list[Finding]] = []
    for number, finding in enumerate(findings):
        path, block = _extent(finding, facts)
        if block is None:
            scattered.append([finding])
            continue
        met = []
        firsts = starts.setdefault(path, [])
        at = bisect_right(firsts, max(block.first, block.last))
        while at and groups[path, firsts[at - 1]][0].overlaps(block):
            at -= 1
            met.append(groups.pop((path, firsts.pop(at))))
        members = [finding]
        for other, _, others in sorted(met, key=lambda group: group[1]):
            block = LineBlock(min(block.first, other.first), max(block.last, other.last))
            members = [*others, *members]
        firsts.insert(at, block.first)
        groups[path, block.first] = (block, number, members)
    return [members for _, _, members in groups.values()] + scattered


def _extent(finding: Finding, facts: Facts) -> tuple[str, LineBlock | None]:
    """The lines that a finding's edits span; None where they are scattered over more than fit a suggestion."""
    path = finding.edits[0].path
    text = facts.text(path) or Text(path, "")
    blocks = [lines_touched(text, edit.span) for edit in finding.edits if edit.path == path]
    extent = LineBlock(min(b.first for b in blocks), max(b.last for b in blocks))
    touched = sum(b.last - b.first + 1 for b in set(blocks))
    gaps = (extent.last - extent.first + 1) - touched
    return path, None if gaps > 3 or len(blocks) < len(finding.edits) else extent


def _candidate(group: list[Finding], prover: Prover) -> list[Suggestion]:
    """One suggestion for a place that mends as many of its findings as can be proven; the rest of them one by one.

    Of a place with very many findings the first ones: each takes a proof, and each that fails takes all of them anew.
    """
    group = group[:MOST_AT_ONE_PLACE]
    kept = list(group)
    while kept:
        edits = _merged(kept, prover)
        if edits and not prover.mends(kept, edits):
            edits = _followed(kept, edits, prover)
        if edits and prover.mends(kept, edits):
            left_over = [[finding] for finding in group if finding not in kept]
            made = _suggestion(kept, edits, prover.facts)
            return [*made, *(s for rest in left_over for s in _candidate(rest, prover))]
        # Of many the half goes, so that the proofs stay proportional to them.
        del kept[len(kept) // 2 if len(kept) > FEW else -1 :]
    return [] if len(group) < 2 else [s for finding in group[1:] for s in _candidate([finding], prover)]


def _merged(findings: Sequence[Finding], prover: Prover) -> list[Edit]:
    """Edits that mend all of them: all at once where they go together, else one after the other."""
    at_once = [edit for finding in findings for edit in finding.edits]
    if len(findings) == 1 or (not _insert_at_one_point(findings) and prover.mends(findings, at_once)):
        return at_once
    facts = prover.facts
    for wanted in findings:
        if not prover.has_patience(wanted.location.path):
            return []
        present = [f for f in prover.step(facts, wanted.location.path) if f.key == wanted.key]
        if not present:
            continue
        try:
            facts = apply_to(facts, present[min(wanted.ordinal, len(present) - 1)].edits)
        except EditConflict:
            return []
    path = findings[0].edits[0].path
    before, after = prover.facts.text(path), facts.text(path)
    if before is None or after is None:
        return []
    return [_difference(before, after)]


def _followed(findings: Sequence[Finding], edits: Sequence[Edit], prover: Prover) -> list[Edit]:
    """Edits that bring in other findings, together with the fixes of those: a new user gets the number that another rule
    wants it to have. Nothing where they bring in none that has a fix."""
    path = edits[0].path
    if any(edit.path != path for edit in edits) or not prover.has_patience(path):
        return []
    try:
        facts = prover.edited(edits)
    except EditConflict:
        return []
    known = Counter(finding.key for finding in prover.judge(prover.facts, path))
    known.subtract(finding.key for finding in findings)
    brought = []
    for finding in prover.judge(facts, path):
        known[finding.key] -= 1
        if known[finding.key] < 0:
            brought.append(finding)
    before = prover.facts.text(path)
    if before is None or not brought or not all(finding.edits for finding in brought):
        return []
    try:
        after = apply_to(facts, [edit for finding in brought for edit in finding.edits]).text(path)
    except EditConflict:
        return []
    return [_difference(before, after)] if after is not None else []


def _insert_at_one_point(findings: Sequence[Finding]) -> bool:
    """Whether two findings want to insert different things at the same point: nothing tells which comes first."""
    wanted: dict[tuple[str, int], tuple[Finding, str]] = {}
    for finding in findings:
        for edit in finding.edits:
            if edit.span.start != edit.span.end:
                continue
            other, text = wanted.setdefault((edit.path, edit.span.start), (finding, edit.replacement))
            if other is not finding and text != edit.replacement:
                return True
    return False


def _difference(before: Text, after: Text) -> Edit:
    """One edit that turns one text into the other: what lies between their common beginning and end."""
    old, new = before.content, after.content
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return Edit(before.path, Span(start, len(old) - end), new[start : len(new) - end])


def _suggestion(findings: Sequence[Finding], edits: Sequence[Edit], facts: Facts) -> list[Suggestion]:
    paths = {edit.path for edit in edits}
    if len(paths) != 1:
        return []
    path = paths.pop()
    text = facts.text(path)
    block, replacement = as_lines(text or Text(path, ""), edits)
    return [
        Suggestion(path, block.first, block.last, replacement, tuple(findings), creates_file=text is None),
    ]


def _width(suggestion: Suggestion) -> int:
    if suggestion.creates_file:
        return 0
    return max(suggestion.last_line - suggestion.first_line + 1, suggestion.replacement.count("\n"))


def _meet(one: Suggestion, other: Suggestion) -> bool:
    block = LineBlock(other.first_line, other.last_line)
    return one.path == other.path and LineBlock(one.first_line, one.last_line).overlaps(block)


def _hold_together(suggestions: Sequence[Suggestion], prover: Prover) -> bool:
    findings = [finding for suggestion in suggestions for finding in suggestion.findings]
    return prover.mends(findings, [as_edit(suggestion, prover.facts) for suggestion in suggestions], patient=True)


def as_edit(suggestion: Suggestion, facts: Facts) -> Edit:
    """A suggestion as the edit of whole lines that one click makes."""
    text = facts.text(suggestion.path) or Text(suggestion.path, "")
    span = text.lines_span(suggestion.first_line, suggestion.last_line)
    return Edit(suggestion.path, span, suggestion.replacement)


def applied(suggestions: Iterable[Suggestion], text: Text) -> Text:
    """A file with all suggestions for it applied, as somebody who clicks on each of them would have it."""
    for suggestion in sorted(suggestions, key=lambda s: -s.first_line):
        text = replace_lines(text, LineBlock(suggestion.first_line, suggestion.last_line), suggestion.replacement)
    return text
