"""What planning and building told of images, given to the facts of both versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reviewbot.facts import Facts

if TYPE_CHECKING:
    from reviewbot.image.measure import Measured
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
    after = {
        r.spec.dockerfile: replace(r.after, programs=r.contents.tools if r.contents else None)
        for r in measured.reports
        if r.after and r.spec.target is None
    }
    before = {r.spec.dockerfile: r.before for r in measured.reports if r.before and r.spec.target is None}
    return (
        replace(head, built=after, images=measured.images, reports=measured.reports),
        replace(base, built=before, images=measured.images, reports=measured.base_reports),
    )
