"""Gathering from a repository and its engine: what a change did, and what became of its images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reviewbot.change.model import Among, Change
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.proven_by_build import try_suggestions
from reviewbot.review import judged_paths
from reviewbot.rules.shell_remarks import NUMBERS
from reviewbot.run.choices import chosen_rules
from reviewbot.run.clock import Clock
from reviewbot.run.gathered import Gathered, TryAll
from reviewbot.run.learnt import in_their_contexts, with_images
from reviewbot.run.shell import ask_shellcheck
from reviewbot.run.sources import both_versions, file_patterns, not_read, relevant_files
from reviewbot.settings import Settings
from reviewbot.shellcheck.ask import scripts_of
from reviewbot.source.secrets import mask

if TYPE_CHECKING:
    from reviewbot.change.read import ReadChange
    from reviewbot.image.docker.engine import Engine
    from reviewbot.image.measure import Measured
    from reviewbot.image.planning.planned import PlannedImage
    from reviewbot.measured_elsewhere import Elsewhere

Progress = Callable[[str], None]


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
    relevant = relevant_files(change, extra)
    if not relevant and settings.scope != "all" and not _affects_images(change, settings):
        return Gathered(
            change, Facts(change.base_tree), Facts(change.head_tree), rules, settings, tuple(said), paths=tuple(paths)
        )
    with clock.step("read"):
        base, head = both_versions(change, relevant, settings, extra, paths)
    said += not_read(relevant, head)
    measured: Measured | None = None
    try_all: TryAll | None = None
    if settings.build:
        from reviewbot.image.baseline.known_bases import known_bases
        from reviewbot.image.measure import measure_images
        from reviewbot.image.planning.bake_print import bake_reader
        from reviewbot.image.planning.plan import plan_images
        from reviewbot.registry.ask import digest_lookup

        specs, skipped = plan_images(change, base, head, settings, bake_reader(engine), only)
        said += skipped
        head, base = in_their_contexts(head, base, specs)
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
        asked = ask_shellcheck(rules, chain(scripts_of(head, judged), scripts_of(base, map(change.old_path, judged))))
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


def affected_images(
    read: ReadChange, settings: Settings, only: Sequence[str] = ()
) -> tuple[tuple[PlannedImage, ...], tuple[Notice, ...]]:
    """The images that a review of this change measures, and what is to be said of others; nothing is built."""
    from reviewbot.image.planning.bake_print import bake_reader
    from reviewbot.image.planning.plan import plan_images

    extra = file_patterns(settings, read.linked)
    relevant = relevant_files(read.change, extra)
    if not relevant and settings.scope != "all" and not _affects_images(read.change, settings):
        return (), ()
    base, head = both_versions(read.change, relevant, settings, extra)
    return plan_images(read.change, base, head, settings, bake_reader(None), only)


def _limited(change: Change, paths: Sequence[str]) -> Change:
    if not paths:
        return change
    among = Among(paths)
    return replace(change, files=tuple(f for f in change.files if f.path in among))


def _affects_images(change: Change, settings: Settings) -> bool:
    """Whether files that no rule reads may decide what is built, or what is in it."""
    if not settings.build:
        return False
    from reviewbot.image.planning.relevance import may_affect_images

    return may_affect_images(change, settings)
