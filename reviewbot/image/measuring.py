"""Measuring one image after the other on an engine: base and head built, laid side by side, looked into."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from threading import Event

from msgspec.structs import replace

from reviewbot.image.baseline.kept import Measurement
from reviewbot.image.baseline.known_bases import KnownBases
from reviewbot.image.build.building import Conditions, Unbuilt, Version
from reviewbot.image.build.failing import fail_alike
from reviewbot.image.build.means import means_of
from reviewbot.image.build.rebuild import with_rebuild
from reviewbot.image.build.side_by_side import may_share_time, side_by_side, texts_of
from reviewbot.image.build.version import build_version
from reviewbot.image.bytes import parse_bytes
from reviewbot.image.docker.check import brought_in
from reviewbot.image.docker.engine import Connection, EngineProblem
from reviewbot.image.known_images import KnownImages
from reviewbot.image.layers.examine import Examined, examine, looks_the_same, with_contents, with_vulnerabilities
from reviewbot.image.layers.makers import maker_of
from reviewbot.image.layers.scan import ScanProblem
from reviewbot.image.model.contents import ImageContents
from reviewbot.image.model.report import BuildCheck, BuildFailure, ImageReport, ImageStatus
from reviewbot.image.model.size import LayerChange, LayerDelta
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.planning.planned import PlannedImage
from reviewbot.image.size.attribute import attribute
from reviewbot.image.size.budget import broken_budgets, broken_layer_budgets
from reviewbot.image.size.delta import compare
from reviewbot.settings import Settings
from reviewbot.source.dockerfile import Dockerfile, parse_dockerfile

_READING_SECONDS = 900.0
"""How long reading the layers of one image may take."""

Progress = Callable[[str], None]
Mask = Callable[[str], str]


def _seconds(was: _Image | Unbuilt | None, now: _Image | Unbuilt) -> dict[str, float]:
    steps = {"build head": now, **({"build base": was} if was is not None and was.seconds else {})}
    return {name: round(built.seconds, 3) for name, built in sorted(steps.items())}


class _Image(Examined, frozen=True):
    """A built image, as the engine has it for as long as it is looked at."""

    dockerfile: Dockerfile
    seconds: float
    notices: tuple[str, ...]
    checks: tuple[BuildCheck, ...]
    named: Mapping[str, str]
    stored: Measurement | None = None
    """Where it was not built, what is known of it: the engine does not have it."""


def _have_the_same_base(was: _Image, now: _Image) -> bool:
    """Whether both start from the very same image: its layers tell."""
    return was.parts.base_layers is not None and was.parts.base_layers == now.parts.base_layers


class Measuring:
    """Measures images on one engine, within the time that all of them have together."""

    def __init__(
        self,
        connection: Connection,
        before: Version | None,
        after: Version,
        settings: Settings,
        progress: Progress = lambda line: None,
        mask: Mask = str,
        ambient: Mapping[str, str] | None = None,
        known: KnownBases | None = None,
    ) -> None:
        means = means_of(settings, ambient or {})
        self._connection = connection
        self._before = before
        self._after = after
        self._progress = progress
        self._mask = means.masking(mask)
        self._settings = settings
        self._known = known
        self.images = KnownImages(connection)
        self._given_up = Event()
        self._conditions = Conditions(
            deadline=time.monotonic() + settings.build_timeout,
            max_context=parse_bytes(settings.max_context),
            frontends=settings.frontends,
            network=settings.network,
            means=means,
            given_up=self._given_up,
        )

    def image(self, planned: PlannedImage) -> tuple[ImageReport | None, ImageReport]:
        """Measure one image, base and head at the same time where neither can touch what the other gets.

        Gives what the base's image holds, where both were read, and the report.
        """
        spec = planned.spec
        report = ImageReport(spec, ImageStatus.SKIPPED, spec.platform or self._connection.platform)
        if self.is_out_of_time:
            return None, replace(report, reason="no time was left to build it")
        try:
            with ExitStack() as kept:
                return self._compared(report, planned, *self._both(planned, kept))
        except EngineProblem as problem:
            return None, replace(report, reason=self._mask(str(problem)))

    def _compared(
        self, report: ImageReport, planned: PlannedImage, was: _Image | Unbuilt | None, now: _Image | Unbuilt
    ) -> tuple[ImageReport | None, ImageReport]:
        """What came of both, as long as the engine has them. Raises EngineProblem."""
        report = replace(
            report,
            notices=tuple(self._notices(planned.spec, was, now)),
            before=was.info.config if isinstance(was, _Image) else None,
            build_seconds=round(now.seconds + (was.seconds if was else 0.0), 3),
            timings=_seconds(was, now),
        )
        if isinstance(now, _Image):
            start = time.monotonic()
            base, report = self._read(self._measured(report, planned, was, now), planned, was, now)
            base = base or self._failed(planned.before, was)
            return base, replace(report, timings={**report.timings, "read layers": round(time.monotonic() - start, 3)})
        if now.failure is None:
            return None, replace(report, reason=self._mask(now.reason))
        report = replace(report, status=ImageStatus.FAILED, failure=self._masked(now.failure))
        base = self._failed(planned.before, was)
        if base is None or base.failure is None or self._before is None:
            return None, report
        is_old = fail_alike(base.failure, self._before.tree, self._masked(now.failure), self._after.tree)
        return base if is_old else None, report

    def _failed(self, spec: ImageSpec | None, was: _Image | Unbuilt | None) -> ImageReport | None:
        """The base's image, where it does not build."""
        if spec is None or not isinstance(was, Unbuilt) or was.failure is None:
            return None
        return ImageReport(spec, ImageStatus.FAILED, spec.platform or "", failure=self._masked(was.failure))

    def built_again(self, report: ImageReport, changed: Collection[str] = ()) -> ImageReport:
        """The report of a measured image with what building it again costs, where that is wanted."""
        wanted = self._settings.rebuild_cost
        if wanted is None or report.status is not ImageStatus.MEASURED:
            return report
        start = time.monotonic()
        report = with_rebuild(
            report,
            self._connection,
            self._after,
            self._conditions,
            wanted,
            changed,
            progress=self._progress,
            mask=self._mask,
        )
        return replace(report, timings={**report.timings, "rebuild": round(time.monotonic() - start, 3)})

    def _both(self, planned: PlannedImage, kept: ExitStack) -> tuple[_Image | Unbuilt | None, _Image | Unbuilt]:
        base, head = planned.before, self._after
        if base is None or self._before is None:
            return None, self._look(planned.spec, head, kept)
        known = self._known.find(base, self._before.tree, self._connection, self.images) if self._known else None
        if known is not None:
            measurement, is_certain = known
            now = self._look(planned.spec, head, kept)
            was = self._stored(measurement, base, self._before)
            if isinstance(now, Unbuilt) or is_certain or _have_the_same_base(was, now):
                return was, now
            return self._look(base, self._before, kept), now
        before = partial(self._look, base, self._before, kept)
        after = partial(self._look, planned.spec, head, kept)
        if may_share_time(*texts_of(base, self._before.tree), *texts_of(planned.spec, head.tree)):
            return side_by_side(before, after, self._given_up)
        return before(), after()

    def _stored(self, measurement: Measurement, spec: ImageSpec, version: Version) -> _Image:
        self._progress(f"{spec.name} ({version.name}) was measured at {measurement.when}")
        text = version.tree.read(spec.dockerfile)
        if text is None:
            raise EngineProblem(f"{spec.dockerfile} is not there")
        return _Image(
            "",
            measurement.info,
            measurement.parts,
            parse_dockerfile(text),
            0.0,
            (),
            measurement.checks,
            {},
            measurement,
        )

    @property
    def is_out_of_time(self) -> bool:
        return time.monotonic() >= self._conditions.deadline

    def look(self, spec: ImageSpec, kept: ExitStack) -> tuple[Examined, tuple[BuildCheck, ...]] | Unbuilt:
        """Build the head's image, to be removed with ``kept``; gives what the builder's checks say, too.

        Raises EngineProblem.
        """
        found = self._look(spec, self._after, kept)
        return found if isinstance(found, Unbuilt) else (found, found.checks)

    def contents_of(self, image: Examined) -> ImageContents | None:
        """What an image that was built holds, where that is wanted. Raises ScanProblem."""
        if not self._settings.contents:
            return None
        self._progress("reading its layers")
        return examine(self._connection, [image], self._seconds_to_read(), self._mask)[0]

    def _seconds_to_read(self) -> float:
        return max(1.0, min(_READING_SECONDS, self._conditions.deadline - time.monotonic()))

    def _look(self, spec: ImageSpec, version: Version, kept: ExitStack) -> _Image | Unbuilt:
        """Build one version, to be removed with ``kept``, and ask the engine about it."""
        built = build_version(self._connection, spec, version, self._conditions, self._progress)
        if isinstance(built, Unbuilt):
            return built
        for reference in built.references:
            kept.callback(self._remove, reference)
        info, history = self._connection.inspect(built.image), self._connection.history(built.image)
        if info is None or history is None:
            raise EngineProblem("the engine lost the image it had built")
        parts = attribute(built.target, info, history, self.images.base_of(built))
        return _Image(
            built.image, info, parts, built.dockerfile, built.seconds, built.notices, built.checks, built.named
        )

    def _remove(self, image: str) -> None:
        with suppress(EngineProblem):
            self._connection.remove(image)

    def _measured(
        self, report: ImageReport, planned: PlannedImage, was: _Image | Unbuilt | None, now: _Image
    ) -> ImageReport:
        layers, size = compare(was.parts if isinstance(was, _Image) else None, now.parts)
        return replace(
            report,
            status=ImageStatus.MEASURED,
            platform=now.info.platform or report.platform,
            size=size,
            layers=tuple(self._told(layer, now.dockerfile) for layer in layers),
            after=now.info.config,
            checks=brought_in(was.checks if isinstance(was, _Image) else (), now.checks),
            base_images=self.images.configs(now.dockerfile, now.named),
            budgets_fail=self._settings.over_budget == "fail",
            broken_budgets=(
                *broken_budgets(size, planned.max_size, planned.max_increase),
                *broken_layer_budgets(layers, planned.max_layer),
            ),
        )

    def _told(self, layer: LayerDelta, dockerfile: Dockerfile) -> LayerDelta:
        """A layer without secrets, with who made what it ships."""
        is_there = layer.line is not None and layer.change is not LayerChange.REMOVED
        maker = maker_of(dockerfile, layer.line) if is_there and layer.line is not None else None
        return replace(layer, instruction=self._mask(layer.instruction), made_by=maker.line if maker else None)

    def _read(
        self, report: ImageReport, planned: PlannedImage, was: _Image | Unbuilt | None, now: _Image
    ) -> tuple[ImageReport | None, ImageReport]:
        """What the images hold. Nothing is read where there is nothing to compare with although there should be, and
        where both are the same."""
        if isinstance(was, Unbuilt) or (was is not None and looks_the_same(was, now)):
            return None, report
        seconds = self._seconds_to_read()
        stored = was.stored if was is not None else None
        before: ImageContents | None = None
        if self._settings.contents:
            self._progress(f"reading the layers of {report.spec.name}")
            try:
                images = [was, now] if was is not None and stored is None else [now]
                known = stored.info.layers if stored else None
                *olds, after = examine(self._connection, images, seconds, self._mask, known)
            except ScanProblem as problem:
                said = f"What is in {report.spec.name} was not looked at: {self._mask(str(problem))}."
                report = replace(report, is_read=False, notices=(*report.notices, said))
            else:
                before = olds[0] if olds else stored.contents if stored else None
                report = with_contents(report, before, after)
        report = with_vulnerabilities(report, self._connection, was, now, self._settings, seconds, self._mask)
        if was is None or planned.before is None or before is None:
            return None, report
        base = ImageReport(
            planned.before, ImageStatus.MEASURED, was.info.platform, after=was.info.config, contents=before
        )
        return base, report

    def _notices(self, spec: ImageSpec, was: _Image | Unbuilt | None, now: _Image | Unbuilt) -> Iterator[str]:
        yield from self._conditions.means.notices
        if self._after.note:
            yield self._after.note
        if isinstance(was, _Image) and was.stored is not None:
            yield (
                f"The base was not built: it was measured at {was.stored.when} of commit {was.stored.commit[:10]}, and "
                "what it is built from has not changed since."
            )
        if isinstance(was, Unbuilt):
            yield f"The base's image was not built, so there is nothing to compare with: {self._mask(was.reason)}"
        if not isinstance(now, _Image):
            return
        yield from map(self._mask, now.notices)
        if now.parts.problem is not None:
            yield f"The layers of {spec.name} have no lines: {now.parts.problem}."

    def _masked(self, failure: BuildFailure) -> BuildFailure:
        return replace(failure, message=self._mask(failure.message), log=self._mask(failure.log))
