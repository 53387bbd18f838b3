"""Gathering: from a repository and its engine to the values that the core judges."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.attribution import Blame
from reviewbot.change.content import why_unreadable
from reviewbot.change.folder import SKIPPED, EmptyTree, FolderTree, everything
from reviewbot.change.linked import linked_in
from reviewbot.change.model import Among, Change, ChangedFile, Tree
from reviewbot.configuration import Configuration
from reviewbot.confirm import confirmed
from reviewbot.facts import Facts
from reviewbot.finding import Finding, Notice
from reviewbot.image.planning.context import build_contexts
from reviewbot.outcome import Review, Suggestion
from reviewbot.proven_by_build import Tried, marked, try_suggestions, withdrawn_for
from reviewbot.putting_back import with_removed_lines
from reviewbot.review import Identity, identity, judge_change, judged_paths, review, without_fix
from reviewbot.rules.rule import Rule, RuleSet
from reviewbot.rules.selection import choose, default_rules
from reviewbot.rules.shell_remarks import NUMBERS
from reviewbot.settings import CONFIG_PATHS, Settings, SettingsProblem
from reviewbot.shellcheck.ask import Asked, ask, scripts_of
from reviewbot.shellcheck.model import ShellScript
from reviewbot.shellcheck.program import ShellCheck
from reviewbot.source.kinds import Kind, kind_of
from reviewbot.source.secrets import mask
from reviewbot.source.text import Text
from reviewbot.suggestion.fix import Fixed, fix_all

if TYPE_CHECKING:
    from reviewbot.change.read import ReadChange
    from reviewbot.image.docker.engine import Engine
    from reviewbot.image.measure import Measured
    from reviewbot.image.planning.bake import PrintBake
    from reviewbot.image.planning.planned import PlannedImage
    from reviewbot.measured_elsewhere import Elsewhere

DEFAULTS = Settings()
NOTHING: Mapping[Identity, str] = MappingProxyType({})

Progress = Callable[[str], None]
TryAll = Callable[[Sequence[Suggestion], Facts], Tried]

MOST_APART = 4
"""Findings whose fixes are built apart, to find which of a suggestion's it is that breaks an image."""

MOST_SOURCES = 400
"""Files read beside the changed ones, to understand those: a repository with more is judged by its changed files."""


class Clock(Struct):
    """Seconds by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - start, 3)


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
            partial(self._judge, withdrawn=withdrawn),
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
        withdrawn = self._without_broken(self._confirmed())[2] if self.try_all else {}
        blame = Blame(self.change, self.base, self.rules)
        told = with_removed_lines(self.found(), blame, self.change, self.head, self.rules)
        found = [f for f in told if not leaves(f)]
        found = [without_fix(f, withdrawn[identity(f)]) if identity(f) in withdrawn else f for f in found]
        return confirmed(
            self.head,
            self.rules,
            self.shellcheck,
            lambda head: fix_all(found, head, self.rules),
            lambda fixed: fixed.as_suggestions(self.head),
        )


def _without(broken: Mapping[Suggestion, str], spared: Collection[Identity]) -> dict[Suggestion, str]:
    """Suggestions that break an image, each for those of its findings alone whose fixes do."""
    found = {s: tuple(f for f in s.findings if identity(f) not in spared) for s in broken}
    return {replace(s, findings=found[s]): reason for s, reason in broken.items() if found[s]}


def gather(
    read: ReadChange,
    settings: Settings,
    *,
    engine: Engine | None,
    paths: Sequence[str] = (),
    notices: Sequence[Notice] = (),
    progress: Progress = lambda line: None,
    only: Sequence[str] = (),
    elsewhere: Elsewhere | None = None,
) -> Gathered:
    """Read both versions' sources, and measure the images the change affects.

    ``paths`` limit the review to files and folders of the repository; ``engine`` is None when nothing is to be built.
    ``only`` names the images to measure, where it is not all; with ``elsewhere`` other jobs have measured them.
    """
    clock = Clock()
    rules = chosen_rules(settings)
    said = [*read.notices, *notices]
    change = _limited(read.change, paths)
    extra = file_patterns(settings, read.linked)
    relevant = _relevant(change, extra)
    said += _not_read(relevant)
    if not relevant and settings.scope != "all" and not _affects_images(change, settings):
        return Gathered(
            change, Facts(change.base_tree), Facts(change.head_tree), rules, settings, tuple(said), paths=tuple(paths)
        )
    with clock.step("read"):
        base, head = _both_versions(change, relevant, settings, extra, paths)
    measured: Measured | None = None
    try_all: TryAll | None = None
    if settings.build:
        from reviewbot.image.baseline.known_bases import known_bases
        from reviewbot.image.measure import measure_images
        from reviewbot.image.planning.plan import plan_images
        from reviewbot.registry.ask import digest_lookup

        specs, skipped = plan_images(change, base, head, settings, bake_reader(engine), only)
        said += skipped
        head, base = _in_their_contexts(head, base, specs)
        if specs and elsewhere is not None:
            measured, try_all = elsewhere.measured(specs), elsewhere.tried
        elif specs:
            with clock.step("build"):
                known, unused = known_bases(read, settings, digest_lookup(settings))
                said += unused
                measured = measure_images(read, specs, base, head, settings, engine, progress, mask, known)
            if engine is not None and settings.build_suggestions:
                from reviewbot.image.build.trial import TrialBuilds

                left = settings.build_timeout - clock.seconds["build"]
                try_build = TrialBuilds(read, engine, settings, left, progress, mask)
                try_all = partial(try_suggestions, try_build=try_build)
        if measured is not None:
            head, base = with_images(head, base, measured)
            said += measured.notices
    if settings.registry:
        with clock.step("registry"):
            from reviewbot.registry.ask import ask_registries

            looked_up = ask_registries({f.path for f in relevant}, head, settings)
        head, base = (
            replace(facts, registry=looked_up.images, unknown_tags=looked_up.unknown_tags) for facts in (head, base)
        )
        said += looked_up.notices
    judged = judged_paths(change, head, settings, paths)
    with clock.step("shellcheck"):
        asked = _ask(rules, chain(scripts_of(head, judged), scripts_of(base, map(change.old_path, judged))))
    head, base = replace(head, shell=asked.remarks), replace(base, shell=asked.remarks)
    said += [asked.notice] if asked.notice else []
    return Gathered(
        change,
        base,
        head,
        rules,
        settings,
        tuple(said),
        clock.seconds,
        asked.program,
        tuple(paths),
        measured,
        try_all,
        tuple(rule.name for rule in rules if NUMBERS in rule.aliases) if asked.notice else (),
    )


def _in_their_contexts(head: Facts, base: Facts, planned: Iterable[PlannedImage]) -> tuple[Facts, Facts]:
    """Both versions, knowing in which folders the images are built that are measured: a bake file may have said so."""
    after: dict[str, str] = {}
    before: dict[str, str] = {}
    for image in planned:
        after.setdefault(image.spec.dockerfile, image.spec.context)
        if image.before is not None:
            before.setdefault(image.before.dockerfile, image.before.context)
    return replace(head, contexts={**head.contexts, **after}), replace(base, contexts={**base.contexts, **before})


def affected_images(
    read: ReadChange, settings: Settings, only: Sequence[str] = ()
) -> tuple[tuple[PlannedImage, ...], tuple[Notice, ...]]:
    """The images that a review of this change measures, and what is to be said of others; nothing is built."""
    from reviewbot.image.planning.plan import plan_images

    extra = file_patterns(settings, read.linked)
    relevant = _relevant(read.change, extra)
    if not relevant and settings.scope != "all" and not _affects_images(read.change, settings):
        return (), ()
    base, head = _both_versions(read.change, relevant, settings, extra)
    return plan_images(read.change, base, head, settings, bake_reader(None), only)


def _relevant(change: Change, extra: Mapping[Kind, Sequence[str]]) -> list[ChangedFile]:
    return [f for f in change.files if kind_of(f.path, extra) or kind_of(f.old_path or f.path, extra)]


def _both_versions(
    change: Change,
    relevant: Sequence[ChangedFile],
    settings: Settings,
    extra: Mapping[Kind, Sequence[str]],
    paths: Sequence[str] = (),
) -> tuple[Facts, Facts]:
    """The sources of base and head; ``extra`` are patterns of files with unusual names."""
    wanted = {f.path for f in relevant}
    if settings.scope == "all":
        among = Among(paths)
        wanted |= {path for path in change.head_tree.paths() if path in among and kind_of(path, extra)}
    head = read_sources(change.head_tree, extra, wanted, paths)
    base = read_sources(change.base_tree, extra, {f.old_path or f.path for f in relevant}, paths)
    head, base = (replace(facts, compose_sets=settings.compose) for facts in (head, base))
    known = {path: compose for path in head.compose_files if (compose := base.compose_files.get(change.old_path(path)))}
    head = replace(head, base_compose=known)
    return (
        replace(base, contexts=build_contexts(base, settings)),
        replace(head, contexts=build_contexts(head, settings)),
    )


def bake_reader(engine: Engine | None) -> PrintBake:
    """Who reads bake files: buildx, where the engine's environment has it, or else this process's."""
    from reviewbot.image.planning.bake_print import BakePrinter

    return BakePrinter(engine.ambient if engine is not None else os.environ).printed


def _affects_images(change: Change, settings: Settings) -> bool:
    """Whether files that no rule reads may decide what is built, or what is in it."""
    if not settings.build:
        return False
    from reviewbot.image.planning.relevance import may_affect_images

    return may_affect_images(change, settings)


def _ask(rules: Sequence[Rule], scripts: Iterable[ShellScript]) -> Asked:
    """What ShellCheck says, where a rule wants to know it."""
    asking = [rule for rule in rules if NUMBERS in rule.aliases]
    return ask(scripts if asking else (), follow_values=any(rule.set is not RuleSet.RECOMMENDED for rule in asking))


def with_images(head: Facts, base: Facts, measured: Measured) -> tuple[Facts, Facts]:
    """Both versions with what was learnt of their images."""
    after = {
        r.spec.dockerfile: replace(r.after, programs=r.contents.tools if r.contents else None)
        for r in measured.reports
        if r.after and r.spec.target is None
    }
    before = {r.spec.dockerfile: r.before for r in measured.reports if r.before and r.spec.target is None}
    return (
        replace(head, built=after, images=measured.images, reports=measured.reports),
        replace(base, built=before, images=measured.images, reports=measured.base_reports),
    )


def gather_folder(root: Path, paths: Sequence[str], settings: Settings) -> Gathered:
    """Everything in a folder, without git: ``paths`` are files and folders relative to ``root`` (none: all of it)."""
    clock = Clock()
    with clock.step("read"):
        tree = FolderTree(root)
        extra = file_patterns(settings)
        named = [path for path in paths if tree.size(path) is not None]
        kinds = {path: kind for path in named if kind_of(path, extra) is None and (kind := _guess(path))}
        for path, kind in kinds.items():
            extra[kind] = [*extra[kind], path]
        extra[Kind.COMPOSE] = [*extra[Kind.COMPOSE], *linked_in(tree, extra)]
        among = Among(paths)
        wanted = [path for path in tree.paths() if path in among and kind_of(path, extra)]
        head = read_sources(tree, extra, set(wanted), paths)
        judged = [path for path in head.kinds if path in among]
        change = everything(tree, wanted)
        passed_over = [
            Notice(_why_passed_over(root, path), path) for path in paths if not _has_any(path, [*wanted, *judged])
        ]
        head = replace(head, compose_sets=settings.compose, today=time.strftime("%Y-%m-%d", time.gmtime()))
        head = replace(head, contexts=build_contexts(head, settings))
    silent = {"image", *(() if head.compose_files else ("compose",))}
    rules = chosen_rules(settings, frozenset(silent))
    with clock.step("shellcheck"):
        asked = _ask(rules, scripts_of(head, judged))
    head = replace(head, shell=asked.remarks)
    notices = [*_not_read(change.files), *passed_over]
    notices += [asked.notice] if asked.notice else []
    base = Facts(EmptyTree())
    return Gathered(change, base, head, rules, settings, tuple(notices), clock.seconds, asked.program, tuple(paths))


def _not_read(files: Iterable[ChangedFile]) -> list[Notice]:
    return [Notice(f"this file was not read: {file.reason}", file.path) for file in files if file.reason]


def _has_any(place: str, paths: Iterable[str]) -> bool:
    among = Among([place])
    return any(path in among for path in paths)


def _why_passed_over(root: Path, path: str) -> str:
    """Why there is nothing to say of a file or folder that somebody asked about."""
    skipped = next((part for part in path.split("/") if part in SKIPPED), None)
    if skipped is not None:
        return f"this was not looked at: what lies below `{skipped}` is no part of the project"
    if (root / path).is_dir():
        return "there is no Dockerfile, Compose file or `.dockerignore` in this folder"
    return "this was not looked at: it is no regular file"


def _guess(path: str) -> Kind:
    """What a file with an unusual name is, that somebody asked for by name."""
    return Kind.COMPOSE if path.endswith((".yml", ".yaml")) else Kind.DOCKERFILE


def read_sources(tree: Tree, extra: Mapping[Kind, Sequence[str]], wanted: set[str], paths: Sequence[str]) -> Facts:
    """One version's sources: the wanted files, and the others as long as they are not too many."""
    kinds = {path: kind for path in tree.paths() if (kind := kind_of(path, extra))}
    others = [path for path in kinds if path not in wanted]
    if len(others) > MOST_SOURCES:
        folders = {path.rpartition("/")[0] for path in wanted}
        others = [path for path in others if path.rpartition("/")[0] in folders or kinds[path] is Kind.IGNORE]
    read = wanted.union(others)
    reads = [path for path in kinds if path in read]
    texts = [text for path in reads if (text := tree.read(path)) and not why_unreadable(text)]
    return Facts.gather(tree, {text.path: kinds[text.path] for text in texts}, texts)


def chosen_rules(settings: Settings, without: frozenset[str] = frozenset()) -> tuple[Rule, ...]:
    """The rules that the settings ask for; ``without`` are folders of rules that have nothing to say of what there is.

    Raises SettingsProblem for a name that is none.
    """
    if (settings.rules, settings.overrides) == (DEFAULTS.rules, DEFAULTS.overrides):
        return default_rules(without)
    return choose(settings.rules, settings.overrides)


def file_patterns(settings: Settings, linked: Sequence[str] = ()) -> dict[Kind, Sequence[str]]:
    """Glob patterns of further files, by what they are read as; ``linked`` are those that Compose files bring in."""
    files = settings.files
    compose = (*files.compose, *chain.from_iterable(settings.compose), *linked)
    return {Kind.DOCKERFILE: files.dockerfile, Kind.COMPOSE: compose, Kind.IGNORE: files.ignore}


def settings_from(tree: Tree, overrides: Mapping[str, Any], named: Text | None = None) -> Settings:
    """The settings of a version of the repository (or of a file named by hand), overridden by options.

    Raises SettingsProblem with file and line.
    """
    text = named or next((text for path in CONFIG_PATHS if (text := tree.read(path))), None)
    configuration = Configuration(text)
    settings = configuration.settings(overrides)
    if (settings.rules, settings.overrides) == (DEFAULTS.rules, DEFAULTS.overrides):
        return settings
    try:
        chosen_rules(settings)
    except SettingsProblem as problem:
        is_of_the_file = overrides.get("rules") is None or problem.keys[:1] != ("rules",)
        raise (configuration.located(problem) if is_of_the_file else problem) from None
    return settings


def _limited(change: Change, paths: Sequence[str]) -> Change:
    if not paths:
        return change
    among = Among(paths)
    return replace(change, files=tuple(f for f in change.files if f.path in among))
