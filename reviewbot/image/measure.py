"""Build base and head with one builder, and tell what each instruction adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct, field

from reviewbot.change.export import export_tree
from reviewbot.change.read import ReadChange
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.baseline.known_bases import KnownBases
from reviewbot.image.build.building import Version
from reviewbot.image.build.head import head_version
from reviewbot.image.docker.engine import Engine, EngineUnavailable
from reviewbot.image.docker.shelf import workplace
from reviewbot.image.measuring import Mask, Measuring, Progress
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.planning.planned import PlannedImage
from reviewbot.settings import Settings


class Measured(Struct, frozen=True):
    """What came of all planned images; ``images`` are the external ones they start from, by reference."""

    reports: tuple[ImageReport, ...]
    images: Mapping[str, ImageConfig] = field(default_factory=dict)
    base_reports: tuple[ImageReport, ...] = ()
    """What the bases' images hold, or that they fail as the heads' do, so that rules find in them what is not new."""
    notices: tuple[Notice, ...] = ()


def measure_images(
    read: ReadChange,
    planned: Sequence[PlannedImage],
    base: Facts,
    head: Facts,
    settings: Settings,
    engine: Engine | None,
    progress: Progress = lambda line: None,
    mask: Mask = str,
    known: KnownBases | None = None,
) -> Measured:
    """Build and measure the planned images, one after the other, each first as the base has it.

    What an engine or a build does never raises: what could not be measured is said in the reports and notices.
    ``mask`` takes secrets out of what a build printed. What is ``known`` of bases spares their builds.
    ``progress`` gets lines in words of reviewbot's own.
    """
    if engine is None:
        return Measured(tuple(_skipped(image, "no engine was asked", settings) for image in planned))
    before = (
        Version("base", base.tree, partial(export_tree, read.repository, read.base_tree), is_trusted=True)
        if read.base_tree
        else None
    )
    after = head_version(read, head.tree, settings)
    try:
        with workplace(engine, settings.builder) as connection:
            measuring = Measuring(connection, before, after, settings, progress, mask, engine.ambient, known)
            pairs = tuple(map(measuring.image, planned))
            changed = {file.path for file in read.change.files}
            reports = tuple(measuring.built_again(head, changed) for _, head in pairs)
    except EngineUnavailable as problem:
        notice = Notice(f"No image was built or measured: {problem}. Start Docker, or pass --no-build.")
        return Measured(tuple(_skipped(image, str(problem), settings) for image in planned), notices=(notice,))
    images = {reference: config for report in reports for reference, config in report.base_images.items()}
    return Measured(reports, images, tuple(base for base, _ in pairs if base is not None))


def _skipped(image: PlannedImage, reason: str, settings: Settings) -> ImageReport:
    return ImageReport(image.spec, ImageStatus.SKIPPED, image.spec.platform or settings.first_platform or "", reason)
