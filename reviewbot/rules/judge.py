"""From one version of the sources to its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.finding import Finding, Findings, Location, Suppression, in_reading_order
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.ignores import IgnoreComment, idle_ignores, ignores_in
from reviewbot.rules.rule import Problem, Rule, Subject
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.ignore import IgnoreFile
from reviewbot.source.text import Text

RulesBySubject = dict[type, list[Rule]]


def judge(paths: Iterable[str], facts: Facts, rules: Sequence[Rule]) -> Findings:
    """All findings of these files in this version, in reading order."""
    active: list[Finding] = []
    suppressed: list[tuple[Finding, Suppression]] = []
    for path in sorted(set(paths)):
        here = _by_subject(rule for rule in rules if rule.applies_to(path))
        source = facts.dockerfiles.get(path) or facts.compose_files.get(path)
        comments = ignores_in(source, facts.today) if source else ()
        used: dict[IgnoreComment, frozenset[str]] = {}
        kept: list[Finding] = []
        for finding in _numbered(in_reading_order(_findings_in(path, facts, here))):
            comment = next((c for c in comments if c.covers(finding)), None)
            if comment is None:
                kept.append(finding)
            else:
                used[comment] = used.get(comment, frozenset()) | comment.names_for(finding)
                suppressed.append((finding, comment.suppression()))
        if source and comments:
            idle = _numbered(_idle(comments, used, source.text, facts, here))
            kept = in_reading_order((*kept, *idle)) if idle else kept
        active += kept
    return Findings(tuple(active), tuple(suppressed))


def _by_subject(rules: Iterable[Rule]) -> RulesBySubject:
    """The rules by each type of what they look at, in order: most of them have nothing to say to any one thing."""
    found: RulesBySubject = {}
    for rule in rules:
        for subject in rule.subjects:
            found.setdefault(subject, []).append(rule)
    return found


def _findings_in(path: str, facts: Facts, rules: RulesBySubject) -> Iterator[Finding]:
    for subject, text in _subjects(path, facts):
        yield from _judged(subject, text, facts, rules)


def _judged(subject: Subject, text: Text, facts: Facts, rules: RulesBySubject) -> Iterator[Finding]:
    for rule in rules.get(type(subject), ()):
        for problem in rule.problems(subject, facts):
            yield _finding(rule, problem, text)


def _idle(
    comments: tuple[IgnoreComment, ...],
    used: Mapping[IgnoreComment, frozenset[str]],
    text: Text,
    facts: Facts,
    rules: RulesBySubject,
) -> Iterator[Finding]:
    """What is to be said of comments that do nothing, where somebody wants to hear of it."""

    def could_silence(name: str) -> bool:
        named = rules_named(name)
        ran = {rule.name for each in rules.values() for rule in each if not rule.depends_on_facts}
        return all(rule.name in ran for rule in named)

    for idle in idle_ignores(comments, text.path, used, lambda name: bool(rules_named(name)), could_silence):
        yield from _judged(idle, text, facts, rules)


def _subjects(path: str, facts: Facts) -> Iterator[tuple[Subject, Text]]:
    unreadable = facts.unreadable.get(path)
    if unreadable is not None:
        yield unreadable, unreadable.text
        return
    source: Dockerfile | ComposeFile | IgnoreFile | None = (
        facts.dockerfiles.get(path) or facts.compose_files.get(path) or facts.ignore_files.get(path)
    )
    if source is None:
        return
    yield source, source.text
    parts: tuple[Stage | Service | ImageReport, ...] = ()
    if isinstance(source, Dockerfile):
        parts = (*source.stages, *(report for report in facts.reports if report.speaks_of == path))
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
        aliases=(problem.code,) if problem.code else rule.aliases,
        code=problem.code,
        log=problem.log,
    )


def _numbered(findings: Iterable[Finding]) -> list[Finding]:
    seen: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for finding in findings:
        numbered.append(replace(finding, ordinal=seen[finding.key]))
        seen[finding.key] += 1
    return numbered
