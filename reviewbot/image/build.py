"""One version of an image: its context from git, its Dockerfile checked, built under limits."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.change.model import Tree
from reviewbot.change.problem import GitProblem
from reviewbot.image.attribute import instruction_text
from reviewbot.image.engine import BuildRequest, BuildResult, Connection, EngineProblem
from reviewbot.image.frontend import names_unreachable_frontend, refusal, without_frontend
from reviewbot.image.linking import names_used
from reviewbot.image.log import DOCKERFILE_NAME, Failure, is_mark, progress, read_failure, read_stopped
from reviewbot.image.model import BuildCheck, BuildFailure, ImageSpec, NamedContext
from reviewbot.source.dockerfile import Dockerfile, Stage, parse_dockerfile
from reviewbot.source.problem import SourceProblem

_LEAST_SECONDS = 1.0
_MOST_MARKS = 5_000


class Exporter(Protocol):
    """Writes a folder of a version of the repository (``""``: all of it) into an empty folder of this machine.

    Returns the bytes written; raises GitProblem when they would be more than ``max_bytes``.
    """

    def __call__(self, folder: str, destination: Path, max_bytes: int) -> int: ...


class Version(Struct, frozen=True):
    """One version of the repository's files: ``name`` is what progress calls it."""

    name: str
    tree: Tree
    export: Exporter


class Conditions(Struct, frozen=True):
    """What builds are held to; ``deadline`` is a point of ``time.monotonic`` that all of them share."""

    deadline: float
    max_context: int
    frontends: Collection[str]
    network: str = "default"
    given_up: Event | None = None
    """Set when nobody wants the builds any more: those that run are ended."""


class Built(Struct, frozen=True):
    """A built image, and the stage that it was built from. ``references`` are all that is the caller's to remove: its
    own, and those of images of the repository that it was built from.

    ``named`` has the image that the engine took for a name in the Dockerfile which is a named context.
    """

    image: str
    dockerfile: Dockerfile
    target: Stage
    seconds: float
    notices: tuple[str, ...] = ()
    checks: tuple[BuildCheck, ...] = ()
    references: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    """The lines of the log that tell of steps' beginnings and ends."""


class Unbuilt(Struct, frozen=True):
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
    links = _Links(connection, spec, version, conditions, report, names_used(dockerfile))
    with tempfile.TemporaryDirectory(prefix="reviewbot-build-") as scratch:
        try:
            context = _context(spec.context, version, Path(scratch) / "context", conditions.max_context)
            place = _dockerfile(dockerfile, version.tree, Path(scratch))
            failed = links.prepare(Path(scratch))
            if failed is not None:
                return failed
            build = _Build(connection, spec, version, conditions, dockerfile, target, context, place, links, report)
            built = build.run()
        except (GitProblem, OSError) as problem:
            built = Unbuilt(f"its build context could not be written: {problem}")
        except BaseException:
            links.remove()
            raise
    if isinstance(built, Unbuilt):
        links.remove()
    return built


class _Links:
    """What a build's named contexts are: folders written out, and images of the repository, built before."""

    def __init__(
        self,
        connection: Connection,
        spec: ImageSpec,
        version: Version,
        conditions: Conditions,
        report: Callable[[str], None],
        used: Collection[str],
    ) -> None:
        self._build = partial(build_version, connection, version=version, conditions=conditions, report=report)
        self._connection = connection
        self._contexts = [context for context in spec.contexts if context.name in used]
        self._version = version
        self._conditions = conditions
        self.arguments: list[tuple[str, str]] = []
        """Names and what they stand for, as the builder takes them."""
        self.named: dict[str, str] = {}
        self.references: list[str] = []

    def prepare(self, scratch: Path) -> Unbuilt | None:
        """Have everything in place; gives the first image that was not built. Raises GitProblem and OSError."""
        for n, context in enumerate(self._contexts):
            if context.folder is not None:
                place = _context(context.folder, self._version, scratch / f"named-{n}", self._conditions.max_context)
                self.arguments.append((context.name, str(place)))
                continue
            failed = self._image(context)
            if failed is not None:
                self.remove()
                return failed
        return None

    def _image(self, context: NamedContext) -> Unbuilt | None:
        reference = context.reference
        if context.image is not None:
            built = self._build(context.image)
            if isinstance(built, Unbuilt):
                reason = f"{context.image.name}, which it is built from, does not build: {built.reason}"
                return replace(built, reason=reason)
            self.references += built.references
            reference = built.image
        if reference is not None:
            self.arguments.append((context.name, f"docker-image://{reference}"))
            self.named[context.name] = reference
        return None

    def remove(self) -> None:
        for reference in self.references:
            with suppress(EngineProblem):
                self._connection.remove(reference)
        self.references.clear()


class _Build(Struct, frozen=True):
    """A build whose files are in place."""

    connection: Connection
    spec: ImageSpec
    version: Version
    conditions: Conditions
    dockerfile: Dockerfile
    target: Stage
    context: Path
    place: Path
    links: _Links
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
            return Built(
                result.image,
                self.dockerfile,
                self.target,
                seconds,
                notices,
                checks,
                references=(result.image, *self.links.references),
                named=self.links.named,
                marks=tuple(self.marks),
            )
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
            contexts=tuple(self.links.arguments),
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


def _context(folder: str, version: Version, place: Path, max_bytes: int) -> Path:
    place.mkdir()
    version.export(folder, place, max_bytes)
    return place


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
