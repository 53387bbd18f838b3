"""From one version of the sources to its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reviewbot.facts import Facts
from reviewbot.finding import Finding, Findings, Location, Severity, Suppression, in_reading_order
from reviewbot.image.model import ImageReport
from reviewbot.rules.ignores import ignores_in, suppression_of
from reviewbot.rules.rule import Problem, Rule, Subject
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.ignore import IgnoreFile
from reviewbot.source.text import Text

UNREADABLE = "unreadable-file"


def judge(paths: Iterable[str], facts: Facts, rules: Sequence[Rule]) -> Findings:
    """All findings of these files in this version, in reading order; a file that does not parse is one finding."""
    active: list[Finding] = []
    suppressed: list[tuple[Finding, Suppression]] = []
    for path in sorted(set(paths)):
        found = _numbered(in_reading_order(_findings_in(path, facts, rules)))
        source = facts.dockerfiles.get(path) or facts.compose_files.get(path)
        ignores = ignores_in(source) if source else ()
        for finding in found:
            suppression = suppression_of(finding, ignores)
            if suppression is None:
                active.append(finding)
            else:
                suppressed.append((finding, suppression))
    return Findings(tuple(active), tuple(suppressed))


def _findings_in(path: str, facts: Facts, rules: Sequence[Rule]) -> Iterator[Finding]:
    unreadable = facts.unreadable.get(path)
    if unreadable is not None:
        yield _unreadable(
            unreadable.text, unreadable.problem.message, unreadable.problem.line, unreadable.problem.column
        )
        return
    for subject, text in _subjects(path, facts):
        for rule in rules:
            if rule.subject is type(subject):
                for problem in rule.check(subject, facts):
                    yield _finding(rule, problem, text)


def _subjects(path: str, facts: Facts) -> Iterator[tuple[Subject, Text]]:
    source: Dockerfile | ComposeFile | IgnoreFile | None = (
        facts.dockerfiles.get(path) or facts.compose_files.get(path) or facts.ignore_files.get(path)
    )
    if source is None:
        return
    yield source, source.text
    parts: tuple[Stage | Service | ImageReport, ...] = ()
    if isinstance(source, Dockerfile):
        parts = (*source.stages, *(report for report in facts.reports if report.spec.dockerfile == path))
    elif isinstance(source, ComposeFile):
        parts = source.services
    for part in parts:
        yield part, source.text


def _finding(rule: Rule, problem: Problem, text: Text) -> Finding:
    return Finding(
        rule=rule.name,
        severity=problem.severity or rule.severity,
        location=Location.of(text, problem.at),
        message=problem.message,
        subject=problem.subject,
        why=problem.why,
        advice=problem.advice,
        evidence=problem.evidence,
        confidence=problem.confidence,
        edits=tuple(problem.edits),
        aliases=rule.aliases,
        log=problem.log,
    )


def _unreadable(text: Text, message: str, line: int, column: int) -> Finding:
    line = max(1, min(line, text.line_count or 1))
    return Finding(
        rule=UNREADABLE,
        severity=Severity.ERROR,
        location=Location(text.path, line, column, line, column),
        message=message,
        subject="file",
        why="Docker cannot read this file as it stands, so nothing else in it was checked.",
    )


def _numbered(findings: Iterable[Finding]) -> list[Finding]:
    seen: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for finding in findings:
        numbered.append(replace(finding, ordinal=seen[finding.key]))
        seen[finding.key] += 1
    return numbered
