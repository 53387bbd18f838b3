"""Trials of the head with suggestions applied: does it build, and does it start as it does without them?"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from msgspec.structs import replace

from reviewbot.change.model import Tree
from reviewbot.change.read import ReadChange
from reviewbot.image.build.building import Built, Conditions, Unbuilt
from reviewbot.image.build.edited import edited
from reviewbot.image.build.head import head_version
from reviewbot.image.build.means import means_of
from reviewbot.image.build.version import build_version
from reviewbot.image.bytes import parse_bytes
from reviewbot.image.docker.engine import Connection, Engine, EngineProblem, EngineUnavailable
from reviewbot.image.docker.shelf import workplace
from reviewbot.image.docker.start import Started, can_start, start
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.model.trial import Edits, Trial
from reviewbot.image.planning.context import context_sources
from reviewbot.settings import Settings
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.problem import SourceProblem


class TrialBuilds:
    """Builds the head with edits and starts it, within the time that is left of what all builds may take.

    The images are removed. ``mask`` takes secrets out of what they printed.
    """

    def __init__(
        self,
        read: ReadChange,
        engine: Engine,
        settings: Settings,
        seconds: float,
        progress: Callable[[str], None] = lambda line: None,
        mask: Callable[[str], str] = str,
    ) -> None:
        self._head = head_version(read, read.change.head_tree, settings)
        self._engine = engine
        self._progress = progress
        means = means_of(settings, engine.ambient)
        self._mask = means.masking(mask)
        self._unedited: dict[ImageSpec, Started | None] = {}
        self._conditions = Conditions(
            deadline=time.monotonic() + seconds,
            max_context=parse_bytes(settings.max_context),
            frontends=settings.frontends,
            network=settings.network,
            means=means,
        )

    def __call__(self, spec: ImageSpec, edits: Edits) -> Trial:
        began = time.monotonic()
        if began >= self._conditions.deadline:
            return Trial(None, "no time was left to build it")
        try:
            with workplace(self._engine, self._conditions.means.builder) as connection:
                trial = self._tried(connection, spec, edits)
        except (EngineUnavailable, EngineProblem) as problem:
            trial = Trial(None, str(problem))
        return replace(trial, reason=self._mask(trial.reason), seconds=time.monotonic() - began)

    def _tried(self, connection: Connection, spec: ImageSpec, edits: Edits) -> Trial:
        with self._built(connection, spec, edits) as built:
            if isinstance(built, Unbuilt):
                is_to_blame = built.failure is not None
                return Trial(None, f"the image does not build with it: {built.reason}", is_to_blame)
            info = connection.inspect(built.image)
            if info is None:
                return Trial(None, "the engine lost the image it had built")
            if not connection.starts_containers or not can_start(info.platform, connection):
                return Trial(info.size)
            self._progress(f"starting {spec.name} with suggestions")
            started = start(connection, built.image)
        if started is None or started.is_up:
            return Trial(info.size, starts=True if started else None)
        before = self._before(connection, spec)
        if before is None or not before.is_up:
            return Trial(info.size)
        said = f": {started.said}" if started.said else ""
        reason = f"with it the container ends with status {started.status} at once, which it does not without{said}"
        return Trial(None, reason, is_to_blame=True, starts=False)

    def _before(self, connection: Connection, spec: ImageSpec) -> Started | None:
        """How the head starts as it is: its steps are in the builder's cache."""
        if spec not in self._unedited:
            with self._built(connection, spec, {}) as built:
                self._unedited[spec] = None if isinstance(built, Unbuilt) else start(connection, built.image)
        return self._unedited[spec]

    @contextmanager
    def _built(self, connection: Connection, spec: ImageSpec, edits: Edits) -> Iterator[Built | Unbuilt]:
        """The head with edits, for as long as it is looked at."""
        # What `COPY . .` takes along of the Dockerfile itself stays as it is: else nothing after it would be in the cache.
        apart = None if _copies_itself(spec, self._head.tree) else spec.dockerfile
        version = edited(self._head, edits, "head with suggestions", apart) if edits else self._head
        built = build_version(connection, spec, version, self._conditions, self._progress)
        try:
            yield built
        finally:
            for reference in built.references if isinstance(built, Built) else ():
                with suppress(EngineProblem):
                    connection.remove(reference)


def _copies_itself(spec: ImageSpec, tree: Tree) -> bool:
    """Whether the Dockerfile names itself among what it takes from the build context."""
    text = tree.read(spec.dockerfile)
    try:
        stages = parse_dockerfile(text).stages if text else ()
    except SourceProblem:
        return True
    name = posixpath.basename(spec.dockerfile)
    sources = (source for stage in stages for i in stage.instructions for source in context_sources(i))
    return any(posixpath.basename(source) == name for source in sources)
