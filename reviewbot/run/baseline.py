"""A commit's images measured by themselves, and kept: what ``reviewbot measure`` and pushes do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from reviewbot.change.folder import EmptyTree
from reviewbot.change.model import Change, ChangedFile, Status
from reviewbot.change.read import ReadChange
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.baseline.kept import Baseline, BaselineProblem, read_baseline, write_baseline
from reviewbot.image.baseline.known_bases import baseline_place
from reviewbot.image.baseline.measure import Outcome, measure_baseline
from reviewbot.image.docker.engine import Engine
from reviewbot.image.planning.bake_print import bake_reader
from reviewbot.image.planning.context import build_contexts
from reviewbot.image.planning.plan import plan_images
from reviewbot.image.planning.planned import PlannedImage
from reviewbot.registry.ask import digest_lookup
from reviewbot.run.sources import file_patterns, read_sources
from reviewbot.settings import Settings
from reviewbot.source.kinds import kind_of
from reviewbot.source.secrets import mask

MOST_KEPT = 500
"""Images of a commit that are measured, as far as the time goes."""


def keep_baseline(
    read: ReadChange,
    settings: Settings,
    engine: Engine,
    written: str,
    root: Path,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[list[Outcome], list[Notice]]:
    """Measure all images of the head that are not measured yet, and add them to the file ``written`` (from ``root``).

    The head has to be a commit of the repository's own. Raises BaselineProblem and EngineUnavailable.
    """
    place = baseline_place(written, root, read.change.head_tree)
    notices: list[Notice] = []
    try:
        old = read_baseline(place) or Baseline()
    except BaselineProblem as problem:
        notices.append(Notice(f"The baseline {written} is begun anew: {problem}."))
        old = Baseline()
    planned, skipped = every_image(read, settings, engine)
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    outcomes = measure_baseline(read, planned, settings, engine, old, digest_lookup(settings), when, progress, mask)
    write_baseline(place, old.with_measurements(o.measurement for o in outcomes if o.measurement is not None))
    return outcomes, [*notices, *skipped]


def every_image(
    read: ReadChange, settings: Settings, engine: Engine
) -> tuple[tuple[PlannedImage, ...], tuple[Notice, ...]]:
    """All images of the head, as if a change had brought everything in."""
    tree = read.change.head_tree
    files = tuple(ChangedFile(Status.ADDED, path, None, None, None, is_readable=False) for path in tree.paths())
    change = Change(None, read.change.head, files, EmptyTree(), tree)
    extra = file_patterns(settings, read.linked)
    head = read_sources(tree, extra, {path for path in tree.paths() if kind_of(path, extra)}, ())
    head = replace(head, compose_sets=settings.compose)
    head = replace(head, contexts=build_contexts(head, settings))
    # How many are worth a pull request's time says nothing of how many are worth knowing.
    settings = replace(settings, max_images=max(settings.max_images, MOST_KEPT))
    return plan_images(change, Facts(EmptyTree()), head, settings, bake_reader(engine))
