"""Measuring the images of a commit by themselves, to be kept for the pull requests that begin there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.change.read import ReadChange
from reviewbot.image.baseline.kept import Baseline, Measurement
from reviewbot.image.baseline.known_bases import Resolve, identity, key_of
from reviewbot.image.build.building import Unbuilt
from reviewbot.image.build.head import head_version
from reviewbot.image.docker.engine import Engine, EngineProblem
from reviewbot.image.docker.shelf import workplace
from reviewbot.image.layers.scan import ScanProblem
from reviewbot.image.measuring import Measuring
from reviewbot.image.planning.planned import PlannedImage
from reviewbot.settings import Settings


class Outcome(Struct, frozen=True):
    """What came of one image: its measurement, or why there is none. ``is_kept`` tells that it was measured before."""

    name: str
    measurement: Measurement | None
    is_kept: bool = False
    reason: str = ""


def measure_baseline(
    read: ReadChange,
    planned: Sequence[PlannedImage],
    settings: Settings,
    engine: Engine,
    old: Baseline,
    resolve: Resolve,
    when: str,
    progress: Callable[[str], None] = lambda line: None,
    mask: Callable[[str], str] = str,
) -> list[Outcome]:
    """Measure each image of the head, which is a commit of the repository's own, unless it was measured before.

    ``when`` is the time in UTC (``2026-01-31T12:00:00Z``). Raises EngineUnavailable.
    """
    tree = read.change.head_tree
    version = replace(head_version(read, tree, settings), is_trusted=True)
    outcomes = []
    with workplace(engine, settings.builder) as connection:
        measuring = Measuring(connection, None, version, settings, progress, mask, engine.ambient)
        identify = identity(measuring.images, resolve)
        for image in planned:
            spec = image.spec
            key = key_of(spec, tree, settings, connection.platform, identify)
            if key is None or read.change.head is None:
                outcomes.append(Outcome(spec.name, None, reason="it is no image of a commit"))
                continue
            kept = old.find(key.digest) if key.is_certain else None
            if kept is not None:
                outcomes.append(Outcome(spec.name, kept, is_kept=True))
                continue
            if measuring.is_out_of_time:
                outcomes.append(Outcome(spec.name, None, reason="no time was left to build it"))
                continue
            outcomes.append(_measured(measuring, image, key.digest, read.change.head, when))
    return outcomes


def _measured(measuring: Measuring, planned: PlannedImage, key: str, commit: str, when: str) -> Outcome:
    spec = planned.spec
    with ExitStack() as kept:
        try:
            found = measuring.look(spec, kept)
            if isinstance(found, Unbuilt):
                return Outcome(spec.name, None, reason=found.reason)
            image, checks = found
            contents = measuring.contents_of(image)
        except (EngineProblem, ScanProblem) as problem:
            return Outcome(spec.name, None, reason=str(problem))
    measurement = Measurement(key, spec.name, commit, when, image.info, image.parts, checks, contents)
    return Outcome(spec.name, measurement)
