"""One version of an image: its context from git, its Dockerfile checked, built under limits."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.change.model import Tree
from reviewbot.change.problem import GitProblem
from reviewbot.image.build.building import Built, Conditions, Unbuilt, Version
from reviewbot.image.build.frontend import names_unreachable_frontend, refusal, without_frontend
from reviewbot.image.build.linking import names_used
from reviewbot.image.build.links import Links, write_context
from reviewbot.image.build.log import DOCKERFILE_NAME, Failure, is_mark, progress, read_failure, read_stopped
from reviewbot.image.build.means import BuildMeans
from reviewbot.image.docker.engine import BuildRequest, BuildResult, Connection, EngineProblem
from reviewbot.image.model.report import BuildCheck, BuildFailure
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.size.attribute import instruction_text
from reviewbot.source.dockerfile import Dockerfile, Stage, parse_dockerfile
from reviewbot.source.problem import SourceProblem

_LEAST_SECONDS = 1.0
_NO_CACHE_EXPORT = re.compile("^ERROR: (?:failed to build: )?Cache export is not supported", re.MULTILINE)
"""What buildx says of ``--cache-to`` with a builder that is the engine itself, before it builds anything."""
_MOST_MARKS = 5_000
_STEPS = ("RUN", "COPY", "ADD")


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
    used = names_used(dockerfile)
    contexts = [context for context in spec.contexts if context.name in used]
    build_image = partial(build_version, connection, version=version, conditions=conditions, report=report)
    links = Links(connection, contexts, version, conditions, build_image)
    with tempfile.TemporaryDirectory(prefix="reviewbot-build-") as scratch:
        try:
            context = write_context(spec.context, version, Path(scratch) / "context", conditions.max_context)
            place = _dockerfile(dockerfile, version.tree, Path(scratch))
            failed = links.prepare(Path(scratch))
            if failed is not None:
                return failed
            secrets = _secrets(conditions.means, Path(scratch))
            files = _Files(context, place, secrets)
            build = _Build(connection, spec, version, conditions, dockerfile, target, files, links, report)
            built = build.run()
        except (GitProblem, OSError) as problem:
            built = Unbuilt(f"its build context could not be written: {problem}")
        except BaseException:
            links.remove()
            raise
    if isinstance(built, Unbuilt):
        links.remove()
    return built


class _Files(Struct, frozen=True):
    """What a build reads of this machine: ``dockerfile`` is a file of its own, ``secrets`` are files by their ids."""

    context: Path
    dockerfile: Path
    secrets: tuple[tuple[str, Path], ...]


class _Build(Struct, frozen=True):
    """A build whose files are in place."""

    connection: Connection
    spec: ImageSpec
    version: Version
    conditions: Conditions
    dockerfile: Dockerfile
    target: Stage
    files: _Files
    links: Links
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
                self.files.dockerfile.write_bytes(own)
                notices = (f"{self.dockerfile.syntax} could not be had: the engine's own front end was used instead.",)
                result = self._once()
        if result.image is None and result.stopped is None and _NO_CACHE_EXPORT.search(result.log):
            notices += ("This builder cannot write a cache: `cache-to` was left out.",)
            result = self.connection.build(self._request(exports_cache=False), self._tell)
        seconds = time.monotonic() - start
        if result.image is not None:
            return Built(
                result.image,
                self.dockerfile,
                self.target,
                seconds,
                notices,
                self._checks(result.image),
                references=(result.image, *self.links.references),
                named=self.links.named,
                marks=tuple(self.marks),
            )
        # The log is its end only: a flood of output would have washed away where it came from.
        whole = "\n".join((*self.marks, result.log))
        if result.stopped is not None:
            return _failed(self.spec, self._placed(read_stopped(whole, result.stopped)), seconds)
        failure = read_failure(whole)
        if failure.is_outage:
            return Unbuilt(failure.message, seconds=seconds)
        if "exec format error" in failure.log and self.spec.platform not in (None, self.connection.platform):
            return Unbuilt(f"this machine cannot run {self.spec.platform}: set up QEMU to emulate it", seconds=seconds)
        return _failed(self.spec, self._placed(failure), seconds)

    def _checks(self, image: str) -> tuple[BuildCheck, ...]:
        try:
            return self.connection.checks(self._request())
        except BaseException:
            # Nobody knows of the image yet.
            with suppress(EngineProblem):
                self.connection.remove(image)
            raise

    def _once(self) -> BuildResult:
        return self.connection.build(self._request(), self._tell)

    def _request(self, exports_cache: bool = True) -> BuildRequest:
        means = self.conditions.means
        return BuildRequest(
            dockerfile=self.files.dockerfile,
            context=self.files.context,
            seconds=max(_LEAST_SECONDS, self.conditions.deadline - time.monotonic()),
            target=self.spec.target,
            args=self.spec.args,
            contexts=tuple(self.links.arguments),
            platform=self.spec.platform,
            network=self.conditions.network,
            secrets=self.files.secrets,
            cache_from=means.cache_from,
            cache_to=means.cache_to if exports_cache and self.version.is_trusted else (),
            builder=means.builder,
            variables=means.variables,
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

    def _placed(self, failure: Failure) -> Failure:
        """With the line of the step it was in, where one instruction alone reads so. Of a step that base and head share the
        builder does not always tell both where it stands."""
        if failure.line is not None or failure.step is None:
            return failure
        step = " ".join(failure.step.split())
        instructions = (i for stage in self.dockerfile.stages for i in stage.instructions if i.keyword in _STEPS)
        lines = [i.line for i in instructions if step.startswith(instruction_text(i))]
        return replace(failure, line=lines[0]) if len(lines) == 1 else failure


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


def _secrets(means: BuildMeans, scratch: Path) -> tuple[tuple[str, Path], ...]:
    """The secrets as files that are gone after the build; names on this machine say nothing of what they are."""
    folder = scratch / "secrets"
    folder.mkdir(mode=0o700)
    written = []
    for n, (name, value) in enumerate(means.secrets.items()):
        place = folder / str(n)
        place.touch(mode=0o600)
        place.write_bytes(value)
        written.append((name, place))
    return tuple(written)


def _failed(spec: ImageSpec, failure: Failure, seconds: float = 0.0) -> Unbuilt:
    broken = BuildFailure(spec.dockerfile, failure.line, failure.message, failure.log)
    return Unbuilt(failure.message, broken, seconds)
