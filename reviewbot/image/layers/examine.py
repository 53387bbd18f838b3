"""What built images hold, from one pass over their layers: those that they share are read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.image.docker.engine import Connection
from reviewbot.image.layers.contents import put_together
from reviewbot.image.layers.package_changes import package_changes
from reviewbot.image.layers.scan import save
from reviewbot.image.model.config import ImageConfig, ImageInfo
from reviewbot.image.model.contents import ImageContents
from reviewbot.image.model.report import ImageReport
from reviewbot.image.model.step import BASE_IMAGE, Step
from reviewbot.image.model.vulnerabilities import CveSeverity, VulnerabilityChanges
from reviewbot.image.scanning.scanners import ScannerProblem, scanner_named
from reviewbot.image.scanning.vulnerabilities import changed_vulnerabilities
from reviewbot.image.size.attribute import Attribution, Layer
from reviewbot.settings import Settings

_SCANNER_SECONDS = 600.0
"""How long a scanner may take for one image; the first time it fetches its database."""
_SHOWN = 1_000
"""Characters of an instruction that are kept."""


class Examined(Struct, frozen=True):
    """An image that the engine has under a reference, and which instruction made which of its layers."""

    reference: str
    info: ImageInfo
    parts: Attribution


def looks_the_same(one: Examined, other: Examined) -> bool:
    """Whether reading the layers of two images would find the same in both."""
    return one.info.layers == other.info.layers and _started(one.info.config) == _started(other.info.config)


def _started(config: ImageConfig) -> tuple[object, ...]:
    return (config.entrypoint, config.command, config.healthcheck, config.shell, config.env, config.working_dir)


def examine(
    connection: Connection,
    images: Sequence[Examined],
    seconds: float,
    mask: Callable[[str], str] = str,
    known: Sequence[str] | None = None,
) -> list[ImageContents]:
    """The contents of each image, in order. Files of layers that all of them have are listed, but not read.

    ``known`` are the layers of an image that this one is compared with and that was read before; without, those of one
    image alone are its base's. Raises ScanProblem.
    """
    alone = known if known is not None else images[0].parts.base_layers or ()
    shared = set(images[0].info.layers) if len(images) > 1 else set(alone)
    for image in images[1:]:
        shared &= set(image.info.layers)
    # An image without a layer is nothing that an engine can save.
    full = [image.reference for image in images if image.info.layers]
    saved = save(connection, full, shared, seconds) if full else None
    return [
        put_together(
            saved.image(image.reference, image.info) if saved and image.info.layers else (),
            steps_of(image.info, image.parts, mask),
            image.info.config,
            image.info.platform,
        )
        for image in images
    ]


def with_contents(report: ImageReport, before: ImageContents | None, after: ImageContents) -> ImageReport:
    """A measured image's report with what it holds, and what it held."""
    size = report.size and replace(
        report.size,
        compressed_before=before.compressed if before else None,
        compressed_after=after.compressed,
        compressed_is_estimate=after.compressed_is_estimate or (before is not None and before.compressed_is_estimate),
    )
    said = [f"Not all of what is in {report.spec.name} was looked at: {problem}." for problem in after.incomplete]
    return replace(
        report,
        size=size,
        contents=after,
        package_changes=package_changes(before.packages, after.packages) if before else (),
        notices=(*report.notices, *said),
    )


def with_vulnerabilities(
    report: ImageReport,
    connection: Connection,
    before: Examined | None,
    after: Examined,
    settings: Settings,
    seconds: float,
    mask: Callable[[str], str] = str,
) -> ImageReport:
    """The report with what a scanner says of both images; why it says nothing is a notice."""
    scanner = scanner_named(settings.scanner, connection)
    limit = None if settings.fail_on_cve == "never" else CveSeverity[settings.fail_on_cve.upper()]
    if scanner is None:
        why = "`scanner` is `none`" if settings.scanner == "none" else "neither trivy nor grype is on PATH"
        said = f"Vulnerabilities were not looked for, although `fail-on-cve` is set: {why}."
        return report if limit is None else replace(report, notices=(*report.notices, said))
    seconds = min(seconds, _SCANNER_SECONDS)
    try:
        old = scanner.ask(connection, before.reference, seconds, settings.scanner_image) if before else []
        new = scanner.ask(connection, after.reference, seconds, settings.scanner_image)
    except ScannerProblem as problem:
        said = f"Vulnerabilities were not looked for: {mask(str(problem))}."
        return replace(report, notices=(*report.notices, said))
    steps = dict(zip(after.info.layers, steps_of(after.info, after.parts, mask), strict=True))
    packages = report.contents.packages if report.contents else ()
    introduced, fixed = changed_vulnerabilities(old, new, steps, packages)
    return replace(report, vulnerabilities=VulnerabilityChanges(scanner.name, introduced, fixed, limit))


def steps_of(info: ImageInfo, parts: Attribution, mask: Callable[[str], str] = str) -> list[Step]:
    """What made each layer of an image; the base image for all where it cannot be told."""
    own = [layer for layer in parts.layers if layer.diff_id is not None]
    if parts.base_layers is None or len(parts.base_layers) + len(own) != len(info.layers):
        return [BASE_IMAGE] * len(info.layers)
    return [BASE_IMAGE] * len(parts.base_layers) + [_step(layer, mask) for layer in own]


def _step(layer: Layer, mask: Callable[[str], str]) -> Step:
    return Step(mask(layer.instruction)[:_SHOWN], layer.line)
