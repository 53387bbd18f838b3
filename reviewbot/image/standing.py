"""Images as they stand in an engine, without the files they were built from."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec.structs import replace

from reviewbot.image.docker.engine import Connection
from reviewbot.image.layers.examine import Examined, examine, with_contents, with_vulnerabilities
from reviewbot.image.layers.scan import ScanProblem
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.size.attribute import from_history
from reviewbot.image.size.budget import broken_budgets, broken_layer_budgets
from reviewbot.image.size.delta import compare
from reviewbot.settings import Settings


class NoSuchImage(Exception):
    """An image that the engine has not: its reference, and what to do."""


def report_on(
    connection: Connection,
    reference: str,
    before: str | None,
    settings: Settings,
    mask: Callable[[str], str] = str,
) -> ImageReport:
    """What an image weighs and holds, compared with another one where ``before`` names it.

    Raises NoSuchImage; EngineProblem when the engine does not answer.
    """
    start = time.monotonic()
    was = _examined(connection, before) if before is not None else None
    now = _examined(connection, reference)
    layers, size = compare(was.parts if was else None, now.parts)
    report = ImageReport(
        ImageSpec(name=f"{before} → {reference}" if before else reference, dockerfile="", context=""),
        ImageStatus.MEASURED,
        now.info.platform,
        size=size,
        layers=tuple(replace(layer, instruction=mask(layer.instruction)) for layer in layers),
        before=was.info.config if was else None,
        after=now.info.config,
        budgets_fail=settings.over_budget == "fail",
        broken_budgets=(
            *broken_budgets(size, settings.max_size, settings.max_increase),
            *broken_layer_budgets(layers, settings.max_layer),
        ),
    )
    seconds = max(1.0, settings.build_timeout - (time.monotonic() - start))
    if settings.contents:
        try:
            *old, new = examine(connection, [was, now] if was else [now], seconds, mask)
        except ScanProblem as problem:
            said = f"What is in {report.spec.name} was not looked at: {mask(str(problem))}."
            report = replace(report, notices=(said,))
        else:
            report = with_contents(report, old[0] if old else None, new)
    return with_vulnerabilities(report, connection, was, now, settings, seconds, mask)


def _examined(connection: Connection, reference: str) -> Examined:
    info = connection.inspect(reference)
    history = connection.history(reference) if info else None
    if info is None or history is None:
        raise NoSuchImage(
            f"{reference}: the engine has no such image, and there is no such file; `docker pull` it first"
        )
    return Examined(reference, info, from_history(info, history))
