"""Which findings a change brings in, and which removed line is to blame where no added one is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from msgspec.structs import replace

from reviewbot.change.model import Change, ChangedFile, Status
from reviewbot.facts import Facts
from reviewbot.finding import Finding, Location, Side
from reviewbot.markdown import code
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.source.text import Span, Text
from reviewbot.suggestion.prove import dependents

_PROTECTING = (["USER"], ["HEALTHCHECK"])
_MOST_PROTECTIONS = 10
"""Removed lines that are tried for one finding which stands on a line of its own."""
_LONGEST_QUOTED = 80
Key = tuple[str, str, str]


def in_head_paths(findings: Iterable[Finding], change: Change) -> list[Finding]:
    """Findings of the base, told under the paths that their files have in the head."""
    renamed = {f.old_path: f.path for f in change.files if f.old_path}
    return [
        replace(f, location=replace(f.location, path=renamed.get(f.location.path, f.location.path))) for f in findings
    ]


def brought_in(head: Sequence[Finding], base: Sequence[Finding], change: Change) -> list[Finding]:
    """The head's findings that the base (under head paths) does not have, in the head's order.

    A finding on an unchanged line is the base's own on the same line; of the others with the same key, as many
    are old as the base has left.
    """
    left: dict[Key, list[Finding]] = defaultdict(list)
    for finding in base:
        left[finding.key].append(finding)
    unmatched = []
    for finding in head:
        twin = _on_the_same_line(finding, left[finding.key], change)
        if twin is None:
            unmatched.append(finding)
        else:
            left[finding.key].remove(twin)
    new = []
    for finding in unmatched:
        if left[finding.key]:
            left[finding.key].pop(0)
        else:
            new.append(finding)
    return new


def _on_the_same_line(finding: Finding, candidates: Sequence[Finding], change: Change) -> Finding | None:
    changed = change.file(finding.location.path)
    line = changed.old_line(finding.location.line) if changed else finding.location.line
    return next((c for c in candidates if c.location.line == line), None)


class Blame:
    """Finds the removed lines that brought a finding in, by trying each removal alone on the base."""

    def __init__(self, change: Change, base: Facts, rules: Sequence[Rule]) -> None:
        self._change = change
        self._base = replace(base, reports=())
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            self._rules[rule.name].append(rule)

    def place(self, finding: Finding) -> Finding:
        """The finding, moved to the removed line of the base that used to prevent it, where there is one."""
        changed = self._change.file(finding.location.path)
        rules = self._rules.get(finding.rule)
        if rules is None:
            return finding
        if changed and self._is_on_added_lines(finding, changed):
            return self._with_removed(finding, changed, rules)
        for candidate, removed in self._removals():
            if self._brings_back(finding, rules, candidate, removed):
                location = replace(Location.of(removed.text, removed.span, Side.LEFT), path=candidate.path)
                these, them = ("this line", "it") if location.line == location.end_line else ("these lines", "them")
                evidence = f"The base has {these}, and with {them} no such problem; removing {them} alone brings it in."
                return replace(finding, location=location, evidence=finding.evidence or evidence)
        return finding

    def _with_removed(self, finding: Finding, changed: ChangedFile, rules: list[Rule]) -> Finding:
        """A finding that stands on added lines, and says which removed line used to prevent it."""
        if changed.status is Status.ADDED or changed.after is None:
            return finding
        words = changed.after[changed.after.line_span(finding.location.line)].split(maxsplit=1)
        said = []
        for candidate, removed in islice(self._protections(), _MOST_PROTECTIONS):
            if removed.keyword == words[:1]:
                continue
            if removed.is_ignoring(finding) or self._brings_back(finding, rules, candidate, removed):
                said.append(removed.told(candidate.path))
        if not said:
            return finding
        return replace(finding, evidence=" ".join(filter(None, (*said, finding.evidence))))

    def _protections(self) -> Iterator[tuple[ChangedFile, _Removal]]:
        """The removals of what is there to protect: ``USER`` and health checks, and lines of ignore files."""
        for candidate, removed in self._removals():
            if removed.keyword in _PROTECTING or candidate.path.endswith(".dockerignore"):
                yield candidate, removed

    @staticmethod
    def _is_on_added_lines(finding: Finding, changed: ChangedFile) -> bool:
        if changed.status is Status.ADDED:
            return True
        lines = range(finding.location.line, finding.location.end_line + 1)
        return any(changed.is_added_line(line) for line in lines)

    def _removals(self) -> Iterator[tuple[ChangedFile, _Removal]]:
        for changed in self._change.files:
            if changed.before is None or not changed.is_readable:
                continue
            if changed.after is None:
                yield changed, _Removal(changed.before, Span(0, len(changed.before.content)), is_whole_file=True)
                continue
            for span in self._removed_nodes(changed, changed.before):
                yield changed, _Removal(changed.before, span)

    def _removed_nodes(self, changed: ChangedFile, before: Text) -> Iterator[Span]:
        """Whole instructions where the file is a Dockerfile, else runs of lines, that the change took away."""
        deleted = {line for hunk in changed.hunks for line in hunk.deleted}
        dockerfile = self._base.dockerfiles.get(before.path)
        if dockerfile is not None:
            for instruction in dockerfile.instructions:
                if not deleted.isdisjoint(range(instruction.line, instruction.end_line + 1)):
                    yield instruction.span
            return
        for line in sorted(deleted):
            last = line
            depth = len(before.indentation(line))
            while last + 1 in deleted and len(before.indentation(last + 1)) > depth:
                last += 1
            yield Span(before.lines_span(line, last).start, before.lines_span(line, last).end)

    def _brings_back(self, finding: Finding, rules: list[Rule], changed: ChangedFile, removed: _Removal) -> bool:
        without = self._base.with_texts({removed.text.path: removed.without()})
        paths = [p for p in dependents([removed.text.path], without) if p in without.kinds]
        found = in_head_paths(judge(paths, without, rules).active, self._change)
        was = in_head_paths(judge(paths, self._base, rules).active, self._change)
        return sum(f.key == finding.key for f in found) > sum(f.key == finding.key for f in was)


class _Removal:
    """Something of a base's file that the change took away."""

    def __init__(self, text: Text, span: Span, is_whole_file: bool = False) -> None:
        self.text = text
        self.span = span
        self._is_whole_file = is_whole_file

    @property
    def content(self) -> str:
        return " ".join(self.text[self.span].split())

    @property
    def keyword(self) -> list[str]:
        """The first word, if there is one."""
        return self.content.split(maxsplit=1)[:1]

    def is_ignoring(self, finding: Finding) -> bool:
        """Whether it is the line of an ignore file for something that a finding names."""
        name = self.content.removeprefix("**/").strip("/")
        return self.text.path.endswith(".dockerignore") and name in finding.subject.split()

    def told(self, path: str) -> str:
        """That the change removed it, for a person."""
        if self._is_whole_file:
            return f"This change removed {code(path)}."
        line = self.text.lines_of(self.span)[0]
        return f"This change removed {code(self.content[:_LONGEST_QUOTED])} (line {line} of the base's {code(path)})."

    def without(self) -> Text | None:
        if self._is_whole_file:
            return None
        lines = self.text.lines_span(*self.text.lines_of(self.span))
        return Text(self.text.path, self.text.content[: lines.start] + self.text.content[lines.end :])
