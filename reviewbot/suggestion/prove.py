"""The proof a suggestion must pass before anybody sees it."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Finding
from reviewbot.markdown import has_invisible
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.rules.service_image import dockerfile_path
from reviewbot.source.dockerfile import Instruction
from reviewbot.source.text import Text
from reviewbot.suggestion.edit import EditConflict, apply_edits, lines_touched
from reviewbot.suggestion.exec_forms import keeps_exec_forms

PATIENCE = 600_000
"""Characters that are judged to prove the suggestions for one file: each proof judges the whole of it once more. A file
of 10,000 characters has sixty proofs; one that is made to take long has a few, for what matters most."""


def dependents(paths: Iterable[str], facts: Facts) -> set[str]:
    """The files whose findings an edit of these may change: themselves, and what is judged with their help."""
    edited = set(paths)
    reached = set(edited)
    if any(path.endswith(".dockerignore") for path in edited):
        reached |= {path for path in facts.dockerfiles if edited.intersection(facts.ignore_paths_for(path))}
    if edited & facts.dockerfiles.keys():
        reached |= facts.compose_files.keys()
    for path in edited & facts.compose_files.keys():
        built = {found for each in facts.compose_files[path].services if (found := dockerfile_path(each))}
        reached |= built & facts.dockerfiles.keys()
    return reached | _of_the_same_projects(reached, facts)


def _of_the_same_projects(edited: set[str], facts: Facts) -> set[str]:
    """The Compose files that are used together with an edited one: laid over each other, or because one names another."""
    reached: set[str] = set()
    waiting = [path for path in edited if path in facts.compose_files or path in facts.unreadable or _is_read(path)]
    while waiting:
        fresh = _used_by(waiting.pop(), facts) - reached
        reached |= fresh
        waiting.extend(fresh)
    return reached


def _used_by(path: str, facts: Facts) -> frozenset[str]:
    """The Compose files of the projects in which a file has a say; for one that is none, those that mention its name."""
    if path in facts.compose_files or path.endswith("/.env") or path == ".env":
        return facts.used_with(path)
    name = posixpath.basename(path)
    return frozenset(other for other, file in facts.compose_files.items() if name in file.text.content)


def _is_read(path: str) -> bool:
    """Whether Compose may read a file of this name beside its own: variables, or what is included or extended."""
    return path.endswith((".env", ".yml", ".yaml")) or posixpath.basename(path).startswith(".env")


def apply_to(facts: Facts, edits: Iterable[Edit]) -> Facts:
    """The version with the edits made. Raises EditConflict where they overlap."""
    return facts.with_texts({text.path: text for text in _edited(facts, edits)})


def _edited(facts: Facts, edits: Iterable[Edit]) -> Iterator[Text]:
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    for path, made in by_path.items():
        yield apply_edits(facts.text(path) or Text(path, ""), made)


_VERSIONS_KEPT = 16
_JUDGED_KEPT = 64


class Prover:
    """Proves edits against one version of the sources, whose own findings are judged once.

    What was measured of images stays out of it: an edit of the text does not measure anything anew. The last versions
    that were asked for are kept, with what was found in them: the same edits are looked at from several sides.
    """

    def __init__(
        self, facts: Facts, rules: Sequence[Rule], known: Mapping[str, tuple[Finding, ...]] | None = None
    ) -> None:
        """``known`` has what the rules find in files of this version, where somebody asked them already."""
        self.facts = replace(facts, reports=())
        self.rules = rules
        self._known = known if known and not facts.reports else {}
        self._version = lru_cache(_VERSIONS_KEPT)(self._version_with)
        self._judged = lru_cache(_JUDGED_KEPT)(self._judge)
        self._spent: Counter[str] = Counter()
        self._tried: set[tuple[Edit, ...]] = set()

    def has_patience(self, path: str) -> bool:
        """Whether there is still to be proven something for this file."""
        return self._spent[path] < PATIENCE

    def edited(self, edits: Iterable[Edit]) -> Facts:
        """The version with the edits made. Raises EditConflict where they overlap."""
        return self._version(frozenset(_edited(self.facts, edits)))

    def _version_with(self, texts: frozenset[Text]) -> Facts:
        return self.facts.with_texts({text.path: text for text in texts})

    def mends(self, findings: Sequence[Finding], edits: Sequence[Edit], *, patient: bool = False) -> bool:
        """Whether with these edits the files parse, these findings are gone, and nothing else is new or different.

        Without patience for one of the files it counts as not proven, unless it is to be ``patient``.
        """
        edited = {edit.path for edit in edits}
        if not self._may_try(tuple(edits), edited, patient=patient):
            return False
        try:
            after = self.edited(edits)
        except EditConflict:
            return False
        return (
            not self._hides_something(edits)
            and self._leaves_findings_gone(findings, after, edited)
            and self._leaves_the_rest_alone(edits, after)
            and self._keeps_exec_forms(edits, after)
        )

    def judge(self, facts: Facts, path: str) -> tuple[Finding, ...]:
        """All findings of a file in a version that came from this prover, or is its own."""
        if facts is self.facts and path in self._known:
            return self._known[path]
        return self._judged(facts, path)

    def step(self, facts: Facts, path: str) -> tuple[Finding, ...]:
        """As :meth:`judge`, of a version on the way to a proof: it costs patience."""
        if facts is not self.facts:
            self._spend(path)
        return self.judge(facts, path)

    def _may_try(self, edits: tuple[Edit, ...], edited: set[str], *, patient: bool) -> bool:
        if edits in self._tried:
            return True
        if not patient and not all(map(self.has_patience, edited)):
            return False
        self._tried.add(edits)
        for path in edited:
            self._spend(path)
        return True

    def _spend(self, path: str) -> None:
        text = self.facts.text(path)
        self._spent[path] += len(text.content) if text else 0

    def _judge(self, facts: Facts, path: str) -> tuple[Finding, ...]:
        return judge([path], facts, self.rules).active

    def _leaves_findings_gone(self, findings: Iterable[Finding], after: Facts, edited: set[str]) -> bool:
        if edited & after.unreadable.keys():
            return False
        paths = dependents(edited, after) | {finding.location.path for finding in findings}
        allowed = Counter(f.key for path in paths for f in self.judge(self.facts, path))
        allowed.subtract(finding.key for finding in findings)
        found = Counter(f.key for path in paths for f in self.judge(after, path))
        return all(found[key] <= allowed[key] for key in found)

    def _leaves_the_rest_alone(self, edits: Iterable[Edit], after: Facts) -> bool:
        """Instructions on lines that no edit touches must read as before, in the same order."""
        by_path: dict[str, set[int]] = {}
        for edit in edits:
            text = self.facts.text(edit.path)
            if text is not None:
                block = lines_touched(text, edit.span)
                by_path.setdefault(edit.path, set()).update(range(block.first, block.last + 1))
        for path, lines in by_path.items():
            before, now = self.facts.dockerfiles.get(path), after.dockerfiles.get(path)
            if before is None or now is None:
                continue
            untouched = [i for i in before.instructions if lines.isdisjoint(range(i.line, i.end_line + 1))]
            if not _is_subsequence([_meaning(i) for i in untouched], [_meaning(i) for i in now.instructions]):
                return False
        return True

    def _keeps_exec_forms(self, edits: Sequence[Edit], after: Facts) -> bool:
        pairs = ((self.facts.dockerfiles.get(path), after.dockerfiles.get(path)) for path in {e.path for e in edits})
        return all(keeps_exec_forms(before, now, edits) for before, now in pairs if before and now)

    def _hides_something(self, edits: Sequence[Edit]) -> bool:
        """Lines with characters that do not show: nobody can approve a change to them, or one to that, by looking."""
        for edit in edits:
            written = edit.replacement if edit.span.start else edit.replacement.removeprefix("\ufeff")
            lines = written.replace("\r\n", "\n").split("\n")
            text = self.facts.text(edit.path)
            if text is not None and text.content:
                block = lines_touched(text, edit.span)
                lines += [text.line_text(line).removeprefix("\ufeff") for line in range(block.first, block.last + 1)]
            if any(map(has_invisible, lines)):
                return True
        return False


def _meaning(instruction: Instruction) -> tuple[object, ...]:
    flags = tuple((flag.name, flag.value) for flag in instruction.flags)
    return instruction.keyword, flags, instruction.argument_text, tuple(h.content for h in instruction.heredocs)


def _is_subsequence(wanted: list[tuple[object, ...]], present: list[tuple[object, ...]]) -> bool:
    remaining = iter(present)
    return all(item in remaining for item in wanted)
