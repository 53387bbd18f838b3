"""What planning and building told of images, given to the facts of both versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reviewbot.facts import Facts

if TYPE_CHECKING:
    from reviewbot.image.measure import Measured
    from reviewbot.image.model.config import ImageConfig
    from reviewbot.image.model.report import ImageReport
    from reviewbot.image.planning.planned import PlannedImage


def in_their_contexts(head: Facts, base: Facts, planned: Iterable[PlannedImage]) -> tuple[Facts, Facts]:
    """Both versions, knowing in which folders the images are built that are measured: a bake file may have said so."""
    after: dict[str, str] = {}
    before: dict[str, str] = {}
    for image in planned:
        after.setdefault(image.spec.dockerfile, image.spec.context)
        if image.before is not None:
            before.setdefault(image.before.dockerfile, image.before.context)
    return replace(head, contexts={**head.contexts, **after}), replace(base, contexts={**base.contexts, **before})


def with_images(head: Facts, base: Facts, measured: Measured) -> tuple[Facts, Facts]:
    """Both versions with what was learnt of their images."""
    tools = {_key(r): r.contents.tools for r in measured.base_reports if r.contents}
    after: dict[str, ImageConfig] = {}
    before: dict[str, ImageConfig] = {}
    for report in measured.reports:
        path = report.spec.dockerfile
        if report.spec.target is not None:
            continue
        if report.before:
            before[path] = replace(report.before, programs=tools.get(_key(report)))
        if report.after:
            # What the head lacks is new only where it is known of the base too.
            is_comparable = report.before is None or _key(report) in tools
            known = report.contents.tools if report.contents and is_comparable else None
            after[path] = replace(report.after, programs=known)
    return (
        replace(head, built=after, images=measured.images, reports=measured.reports),
        replace(base, built=before, images=measured.images, reports=measured.base_reports),
    )


def _key(report: ImageReport) -> tuple[str, str | None]:
    """What the reports of base and head have in common that are about one image."""
    return report.spec.name, report.spec.platform
