"""The core: a change, and what is known of its two versions, become a review. Pure: no I/O, same in, same out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from reviewbot.attribution import Blame, brought_in, in_head_paths
from reviewbot.change.model import Among, Change
from reviewbot.facts import Facts
from reviewbot.finding import Finding, Findings, Notice, Severity, Suppression, in_reading_order
from reviewbot.image.model.report import ImageReport
from reviewbot.markdown import code
from reviewbot.outcome import Review, Suggestion, Verdict
from reviewbot.placement import comments_for
from reviewbot.putting_back import with_removed_lines
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.settings import Settings
from reviewbot.suggestion.prove import dependents
from reviewbot.suggestion.suggest import Suggestions, suggest

Identity = tuple[str, str, int]
"""A finding's rule, subject and ordinal: what it keeps wherever it is shown."""


def identity(finding: Finding) -> Identity:
    return finding.rule, finding.subject, finding.ordinal


def without_fix(finding: Finding, reason: str) -> Finding:
    """The finding, telling that its fix was tried in vain, and how that ended."""
    words, colon, said = reason.partition(": ")
    tried = f"The usual fix was tried: {words}{f' ({code(said)})' if colon else ''}."
    return replace(finding, edits=(), advice=f"{finding.advice} {tried}".strip())


def review(
    change: Change,
    base: Facts,
    head: Facts,
    settings: Settings,
    rules: Sequence[Rule],
    *,
    notices: Sequence[Notice] = (),
    timings: Mapping[str, float] | None = None,
    within: Sequence[str] = (),
    withdrawn: Mapping[Identity, str] = MappingProxyType({}),
    unasked: Collection[str] = (),
    known: Sequence[Finding] = (),
) -> Review:
    """Judge both versions, keep what this change brings in, prove its fixes, and place it all on the diff.

    ``unasked`` are rules that lacked what they speak from; ``known`` is what an earlier look at the same head found,
    which goes for rules that cannot be asked now.
    ``within`` are the files and folders to speak of; none: all. ``withdrawn`` are findings whose fixes turned out not to
    hold in practice, with why: they are told in words.
    """
    paths = judged_paths(change, head, settings, within)
    was, now, found = judge_change(change, base, head, settings, rules, within)
    blame = Blame(change, base, rules)
    told = with_removed_lines(found, blame, change, head, rules)
    shown = {_without(f, withdrawn): _without(s, withdrawn) for f, s in told.items()}
    found = list(shown)
    before = in_head_paths(was.active, change)
    unjudged = {*unasked, *_blind(rules, head, settings)}
    for finding in _still_true(known, found, unjudged):
        found.append(finding)
        shown[finding] = blame.place(finding)

    suggestions = suggest(found, head, rules, _known(paths, now))
    suggestions = _retold(suggestions, shown)
    findings = in_reading_order(shown.values())
    return Review(
        verdict=verdict_of(findings, head.reports, settings),
        base=change.base,
        head=change.head,
        findings=tuple(findings),
        suppressed=_newly_suppressed(now, was, change),
        fixed=tuple(_fixed(before, now, change, _unread(change, head))),
        suggestions=suggestions.inline,
        comments=comments_for(findings, suggestions, change),
        images=head.reports,
        notices=tuple(notices),
        files=tuple(paths),
        unread=tuple(sorted(_unread(change, head))),
        unjudged=tuple(sorted(unjudged)),
        from_images=tuple(f for f in findings if f.rule in _about_images(rules)),
        withdrawn=withdrawn,
        texts={path: text for path in [*head.kinds, *_edited(suggestions)] if (text := head.text(path))},
        base_texts={f.path: f.before for f in change.files if f.before},
        hunks={f.path: f.hunks for f in change.files},
        timings=dict(timings or {}),
        titles={rule.name: rule.title for rule in rules},
    )


def _without(finding: Finding, withdrawn: Mapping[Identity, str]) -> Finding:
    return without_fix(finding, withdrawn[identity(finding)]) if identity(finding) in withdrawn else finding


def _blind(rules: Sequence[Rule], head: Facts, settings: Settings) -> Iterable[str]:
    """The rules about built images, where nothing was built or an image was not seen."""
    if settings.build and all(report.is_judged for report in head.reports):
        return ()
    return _about_images(rules)


def _about_images(rules: Sequence[Rule]) -> set[str]:
    return {rule.name for rule in rules if rule.subject is ImageReport}


def _still_true(known: Sequence[Finding], found: Sequence[Finding], unjudged: Collection[str]) -> list[Finding]:
    if not known:
        return []
    there = {finding.fingerprint for finding in found}
    return [finding for finding in known if finding.rule in unjudged and finding.fingerprint not in there]


def _known(paths: Iterable[str], now: Findings) -> dict[str, tuple[Finding, ...]]:
    """All that the rules find in each file, but for those in which a secret that somebody hid may be told as well."""
    known: dict[str, list[Finding]] = {path: [] for path in paths}
    for finding in now.active:
        known.setdefault(finding.location.path, []).append(finding)
    return {path: tuple(found) for path, found in known.items() if not any("secret" in f.rule for f in found)}


def _edited(suggestions: Suggestions) -> list[str]:
    """The files that suggestions change: also such as are not judged themselves, like an entrypoint's script."""
    return [suggestion.path for suggestion in (*suggestions.inline, *suggestions.apart)]


def judge_change(
    change: Change,
    base: Facts,
    head: Facts,
    settings: Settings,
    rules: Sequence[Rule],
    within: Sequence[str] = (),
) -> tuple[Findings, Findings, list[Finding]]:
    """The findings of the base, those of the head, and of the head's those to speak of, where they stand in it."""
    paths = judged_paths(change, head, settings, within)
    was = judge(_base_paths(change, base, paths), base, rules)
    now = _without_hidden_secrets(judge(paths, head, rules), was, change)
    if settings.scope != "added":
        return was, now, list(now.active)
    new = brought_in(now.active, in_head_paths(was.active, change), change)
    return was, now, [finding for finding in new if _is_of_the_change(finding, change, base, head, rules)]


def _is_of_the_change(finding: Finding, change: Change, base: Facts, head: Facts, rules: Sequence[Rule]) -> bool:
    """Whether it is this change that a new finding is about.

    A Dockerfile that did not change is judged anew where its Compose file did: what is found there then counts when
    something that the change removed is to blame, and not when other files of the context are.
    """
    path = finding.location.path
    if path not in head.dockerfiles or any(rule.name == finding.rule and rule.subject is ImageReport for rule in rules):
        return True
    changed = {each for file in change.files for each in (file.path, file.old_path)}
    if path in changed or not changed.isdisjoint(head.ignore_paths_for(path)):
        return True
    return Blame(change, base, rules).place(finding).location.path in changed


def judged_paths(change: Change, head: Facts, settings: Settings, within: Sequence[str] = ()) -> list[str]:
    """The files of the head to judge: all, or those that changed and those that depend on one that did."""
    paths: Iterable[str] = head.kinds
    if settings.scope != "all":
        changed = [f.path for f in change.files] + [f.old_path for f in change.files if f.old_path]
        paths = dependents(changed, head)
    among = Among(within)
    return sorted(path for path in paths if path in head.kinds and path in among)


def verdict_of(findings: Iterable[Finding], images: Iterable[ImageReport], settings: Settings) -> Verdict:
    """Whether anything reaches ``fail-on`` or breaks a budget."""
    if settings.fail_on == "never":
        return Verdict.PASS
    threshold = Severity[settings.fail_on.upper()]
    fails = any(f.severity >= threshold for f in findings) or any(i.broken_budgets and i.budgets_fail for i in images)
    return Verdict.FAIL if fails else Verdict.PASS


def _base_paths(change: Change, base: Facts, paths: Iterable[str]) -> list[str]:
    return [old for path in paths if (old := change.old_path(path)) in base.kinds]


def _without_hidden_secrets(now: Findings, was: Findings, change: Change) -> Findings:
    """A change cannot silence the secrets it brings in: that takes an ignore comment that the base already has."""
    agreed = {finding.key for finding in in_head_paths([finding for finding, _ in was.suppressed], change)}
    hidden = [
        finding
        for finding, suppression in now.suppressed
        if suppression.by == "comment" and "secret" in finding.rule and finding.key not in agreed
    ]
    return Findings(
        active=tuple(in_reading_order((*now.active, *hidden))),
        suppressed=tuple(pair for pair in now.suppressed if pair[0] not in hidden),
    )


def _newly_suppressed(now: Findings, was: Findings, change: Change) -> tuple[tuple[Finding, Suppression], ...]:
    before = in_head_paths([finding for finding, _ in was.suppressed], change)
    new = set(brought_in([finding for finding, _ in now.suppressed], before, change))
    return tuple(pair for pair in now.suppressed if pair[0] in new)


def _unread(change: Change, head: Facts) -> set[str]:
    return {*head.unreadable, *(file.path for file in change.files if file.reason)}


def _fixed(before: Sequence[Finding], now: Findings, change: Change, unread: Collection[str]) -> list[Finding]:
    """The base's findings that are gone, in files that are still there and were judged."""
    still = [*now.active, *(finding for finding, _ in now.suppressed)]
    counts: dict[tuple[str, str, str], int] = {}
    for finding in still:
        counts[finding.key] = counts.get(finding.key, 0) + 1
    gone = []
    for finding in before:
        if counts.get(finding.key, 0) > 0:
            counts[finding.key] -= 1
        elif (
            (changed := change.file(finding.location.path)) and changed.after is not None and changed.path not in unread
        ):
            gone.append(finding)
    return gone


def _retold(suggestions: Suggestions, shown: Mapping[Finding, Finding]) -> Suggestions:
    """The suggestions, speaking of the findings as they are shown."""

    def retell(suggestion: Suggestion) -> Suggestion:
        return replace(suggestion, findings=tuple(shown.get(f, f) for f in suggestion.findings))

    return Suggestions(tuple(map(retell, suggestions.inline)), tuple(map(retell, suggestions.apart)))
