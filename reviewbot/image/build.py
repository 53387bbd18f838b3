"""One version of an image: its context from git, its Dockerfile checked, built under limits."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Protocol

from reviewbot.change.model import Tree
from reviewbot.change.problem import GitProblem
from reviewbot.image.attribute import instruction_text
from reviewbot.image.engine import BuildRequest, BuildResult, Connection
from reviewbot.image.frontend import names_unreachable_frontend, refusal, without_frontend
from reviewbot.image.log import DOCKERFILE_NAME, Failure, is_mark, progress, read_failure, read_stopped
from reviewbot.image.model import BuildCheck, BuildFailure, ImageSpec
from reviewbot.source.dockerfile import Dockerfile, Stage, parse_dockerfile
from reviewbot.source.problem import SourceProblem

_LEAST_SECONDS = 1.0
_MOST_MARKS = 5_000


class Exporter(Protocol):
    """Writes a folder of a version of the repository (``""``: all of it) into an empty folder of this machine.

    Returns the bytes written; raises GitProblem when they would be more than ``max_bytes``.
    """

    def __call__(self, folder: str, destination: Path, max_bytes: int) -> int: ...


@dataclass(frozen=True)
class Version:
    """One version of the repository's files: ``name`` is what progress calls it."""

    name: str
    tree: Tree
    export: Exporter


@dataclass(frozen=True)
class Conditions:
    """What builds are held to; ``deadline`` is a point of ``time.monotonic`` that all of them share."""

    deadline: float
    max_context: int
    frontends: Collection[str]
    network: str = "default"
    given_up: Event | None = None
    """Set when nobody wants the builds any more: those that run are ended."""


@dataclass(frozen=True)
class Built:
    """A built image, under a reference that is the caller's to remove, and the stage that it was built from."""

    image: str
    dockerfile: Dockerfile
    target: Stage
    seconds: float
    notices: tuple[str, ...] = ()
    checks: tuple[BuildCheck, ...] = ()


@dataclass(frozen=True)
class Unbuilt:
    """Why there is no image. ``failure`` is None when its files are not to blame, or were never given to a builder."""

    reason: str
    failure: BuildFailure | None = None
    seconds: float = 0.0


def build_version(
    connection: Connection,
    spec: ImageSpec,
    version: Version,
    conditions: Conditions,
    report: Callable[[str], None],
) -> Built | Unbuilt:
    """Build an image of one version from its git objects; the working tree and its leftovers are not looked at."""
    text = version.tree.read(spec.dockerfile)
    if text is None:
        return Unbuilt(f"{spec.dockerfile} is not there, or too large")
    try:
        dockerfile = parse_dockerfile(text)
    except SourceProblem as problem:
        return _failed(spec, Failure(problem.message, problem.line, None, ""))
    target = dockerfile.stage_named(spec.target) if spec.target else dockerfile.final_stage
    if target is None:
        return _failed(spec, Failure(f"there is no stage {spec.target!r}", None, None, ""))
    refused = refusal(dockerfile, conditions.frontends)
    if refused is not None:
        return Unbuilt(refused)
    with tempfile.TemporaryDirectory(prefix="reviewbot-build-") as scratch:
        try:
            context = _context(spec, version, Path(scratch), conditions.max_context)
            place = _dockerfile(dockerfile, version.tree, Path(scratch))
        except (GitProblem, OSError) as problem:
            return Unbuilt(f"its build context could not be written: {problem}")
        build = _Build(connection, spec, version, conditions, dockerfile, target, context, place, report)
        return build.run()


@dataclass(frozen=True)
class _Build:
    """A build whose files are in place."""

    connection: Connection
    spec: ImageSpec
    version: Version
    conditions: Conditions
    dockerfile: Dockerfile
    target: Stage
    context: Path
    place: Path
    report: Callable[[str], None]
    marks: list[str] = field(default_factory=list)
    """Lines of the log that tell of steps' beginnings and ends."""

    def run(self) -> Built | Unbuilt:
        start = time.monotonic()
        notices: tuple[str, ...] = ()
        result = self._once()
        if result.image is None and result.stopped is None:
            own = self._for_built_in_frontend(result)
            if own is not None:
                self.place.write_bytes(own)
                notices = (f"{self.dockerfile.syntax} could not be had: the engine's own front end was used instead.",)
                result = self._once()
        seconds = time.monotonic() - start
        if result.image is not None:
            checks = self.connection.checks(self._request())
            return Built(result.image, self.dockerfile, self.target, seconds, notices, checks)
        if result.stopped is not None:
            # The log is its end only: a flood of output would have washed away where it came from.
            whole = "\n".join((*self.marks, result.log))
            return self._stopped(read_stopped(whole, result.stopped), seconds)
        failure = read_failure(result.log)
        if failure.is_outage:
            return Unbuilt(failure.message, seconds=seconds)
        if "exec format error" in failure.log and self.spec.platform not in (None, self.connection.platform):
            return Unbuilt(f"this machine cannot run {self.spec.platform}: set up QEMU to emulate it", seconds=seconds)
        return _failed(self.spec, failure, seconds)

    def _once(self) -> BuildResult:
        return self.connection.build(self._request(), self._tell)

    def _request(self) -> BuildRequest:
        return BuildRequest(
            dockerfile=self.place,
            context=self.context,
            seconds=max(_LEAST_SECONDS, self.conditions.deadline - time.monotonic()),
            target=self.spec.target,
            args=self.spec.args,
            platform=self.spec.platform,
            network=self.conditions.network,
            given_up=self.conditions.given_up,
        )

    def _tell(self, line: str) -> None:
        if is_mark(line) and len(self.marks) < _MOST_MARKS:
            self.marks.append(line)
        step = progress(line)
        if step is not None:
            self.report(f"building {self.spec.name} ({self.version.name}): {step}")

    def _for_built_in_frontend(self, result: BuildResult) -> bytes | None:
        message = read_failure(result.log).message
        return without_frontend(self.dockerfile) if names_unreachable_frontend(self.dockerfile, message) else None

    def _stopped(self, failure: Failure, seconds: float) -> Unbuilt:
        stopped_in = " ".join((failure.step or "").split())
        steps = [
            i for stage in self.dockerfile.stages for i in stage.instructions if i.keyword in ("RUN", "COPY", "ADD")
        ]
        lines = [i.line for i in steps if stopped_in.startswith(instruction_text(i))]
        line = lines[0] if len(lines) == 1 else None
        return _failed(self.spec, Failure(failure.message, line, failure.step, failure.log), seconds)


def _context(spec: ImageSpec, version: Version, scratch: Path, max_bytes: int) -> Path:
    context = scratch / "context"
    context.mkdir()
    version.export(spec.context, context, max_bytes)
    return context


def _dockerfile(dockerfile: Dockerfile, tree: Tree, scratch: Path) -> Path:
    """The Dockerfile and its own ignore file, apart from the context: no name and no link of the tree takes part."""
    folder = scratch / "dockerfile"
    folder.mkdir()
    place = folder / DOCKERFILE_NAME
    place.write_bytes(dockerfile.text.to_bytes())
    ignore = tree.read(f"{dockerfile.path}.dockerignore")
    if ignore is not None:
        (folder / f"{DOCKERFILE_NAME}.dockerignore").write_bytes(ignore.to_bytes())
    return place


def _failed(spec: ImageSpec, failure: Failure, seconds: float = 0.0) -> Unbuilt:
    broken = BuildFailure(spec.dockerfile, failure.line, failure.message, failure.log)
    return Unbuilt(failure.message, broken, seconds)
