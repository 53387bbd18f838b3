"""Images that other jobs of the same workflow run measured, handed to the job that reviews.

A repository with hundreds of Dockerfiles spreads its builds over a matrix of jobs. Each leaves a file with all that it
learnt, so that the one job which speaks judges as if it had built every image itself. The file is read with limits and
checked by its types, and what it says is shown like all that a change brings in; but it is believed, so it may only
come from the same run. What a stranger's run measured goes another way: :mod:`reviewbot.report.stored_images`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.measure import Measured
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.planning.planned import PlannedImage
from reviewbot.outcome import Review, Suggestion
from reviewbot.proven_by_build import Tried
from reviewbot.review import Identity, identity

MOST_BYTES = 50_000_000
"""Of one file."""
_MOST_FILES = 1_000


class HandoverProblem(Exception):
    """A file of another job that is not used: says why."""


class Handover(msgspec.Struct, frozen=True):
    """What one job measured of the change from ``base`` to ``head``, and which suggestions it built."""

    version: int
    base: str
    head: str
    measured: Measured
    built: tuple[Identity, ...] = ()
    """Findings whose suggestions the image was built with."""
    broken: tuple[tuple[Identity, str], ...] = ()
    """Findings whose suggestions break the image, with the build's reason."""
    started: tuple[Identity, ...] = ()
    """Findings with whose suggestions the image also starts."""


def handed_over(review: Review, measured: Measured, tried: Tried, base: str, head: str) -> bytes:
    """A job's file. The images are the review's, which knows what they weigh with the suggestions."""
    built, started = (
        [identity(finding) for suggestion in suggestions for finding in suggestion.findings]
        for suggestions in (tried.built, tried.started)
    )
    broken = [(identity(f), reason) for suggestion, reason in tried.broken.items() for f in suggestion.findings]
    told = replace(measured, reports=review.images)
    handover = Handover(1, base, head, told, tuple(sorted(built)), tuple(sorted(broken)), tuple(sorted(started)))
    # A name in an image may be no UTF-8, which msgspec refuses to write.
    return json.dumps(msgspec.to_builtins(handover), ensure_ascii=False).encode("utf-8", "replace")


def read_handover(data: bytes, base: str, head: str) -> Handover:
    """A job's file about exactly this change. Raises HandoverProblem."""
    if len(data) > MOST_BYTES:
        raise HandoverProblem(f"it has more than {MOST_BYTES // 1_000_000} MB")
    try:
        found = msgspec.json.decode(data, type=Handover)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise HandoverProblem(f"it is no file of `mode: measure`: {problem}") from None
    if found.version != 1:
        raise HandoverProblem(f"it is of version {found.version}, and version 1 is understood")
    if (found.base, found.head) != (base, head):
        raise HandoverProblem(f"it is about {found.base!s:.40}...{found.head!s:.40}, and this about {base}...{head}")
    return found


class Elsewhere(msgspec.Struct, frozen=True):
    """All that other jobs measured of one change."""

    handovers: tuple[Handover, ...] = ()
    notices: tuple[Notice, ...] = ()

    def measured(self, planned: Iterable[PlannedImage]) -> Measured:
        """As if all were measured here; a planned image that no job measured is said to be left out."""
        reports = tuple(report for each in self.handovers for report in each.measured.reports)
        there = {(report.spec.name, report.spec.platform) for report in reports}
        missing = tuple(
            ImageReport(
                image.spec, ImageStatus.SKIPPED, image.spec.platform or "", "no job of this workflow measured it"
            )
            for image in planned
            if (image.spec.name, image.spec.platform) not in there
        )
        return Measured(
            (*reports, *missing),
            {name: config for each in self.handovers for name, config in each.measured.images.items()},
            tuple(report for each in self.handovers for report in each.measured.base_reports),
            (*self.notices, *(notice for each in self.handovers for notice in each.measured.notices)),
        )

    def tried(self, suggestions: Sequence[Suggestion], head: Facts) -> Tried:
        """What the other jobs' builds say of these suggestions."""
        built = {each for handover in self.handovers for each in handover.built}
        broken = {finding: reason for handover in self.handovers for finding, reason in handover.broken}
        blamed = {
            suggestion: broken[identity(finding)]
            for suggestion in suggestions
            for finding in suggestion.findings
            if identity(finding) in broken
        }
        started = {each for handover in self.handovers for each in handover.started}
        holding, starting = (
            frozenset(
                suggestion
                for suggestion in suggestions
                if suggestion not in blamed and all(identity(finding) in known for finding in suggestion.findings)
            )
            for known in (built, started)
        )
        sizes = {report.spec: report.with_suggestions for report in head.reports if report.with_suggestions}
        return Tried(holding, blamed, sizes, starting)


def read_elsewhere(workspace: Path, patterns: Sequence[str], base: str, head: str) -> Elsewhere:
    """The files that glob patterns name within the workspace; one that cannot be used is said, and the others count."""
    handovers: list[Handover] = []
    notices: list[Notice] = []
    paths = sorted({path for pattern in patterns for path in _matching(workspace, pattern)})
    if len(paths) > _MOST_FILES:
        notices.append(Notice(f"{len(paths)} files match `measured`, and {_MOST_FILES} of them were read."))
    for path in paths[:_MOST_FILES]:
        try:
            handovers.append(read_handover(_read(path), base, head))
        except HandoverProblem as problem:
            notices.append(Notice(f"{path.relative_to(workspace)} was not used: {problem}."))
    if not paths:
        notices.append(
            Notice(f"No file matches `measured: {', '.join(patterns)}`: no job handed over what it measured.")
        )
    return Elsewhere(tuple(handovers), tuple(notices))


def _matching(workspace: Path, pattern: str) -> Sequence[Path]:
    if pattern.startswith("/") or ".." in Path(pattern).parts:
        return ()
    try:
        return list(workspace.glob(pattern))
    except ValueError:  # what is no pattern, such as `a**`, matches nothing
        return ()


def _read(path: Path) -> bytes:
    try:
        if path.is_symlink() or not path.is_file():
            raise HandoverProblem("it is no file")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise HandoverProblem(f"it cannot be read: {problem.strerror}") from None
