"""Images by themselves: measured and compared without git."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.change.folder import FolderTree
from reviewbot.facts import Facts
from reviewbot.image.build.building import Version
from reviewbot.image.build.local_context import copy_context, ignore_of
from reviewbot.image.docker.engine import Connection, Engine
from reviewbot.image.measuring import Measuring
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.planning.context import Places, find_context
from reviewbot.image.planning.planned import PlannedImage
from reviewbot.image.scanning.vulnerabilities import broken_severity_limit
from reviewbot.image.standing import NoSuchImage, report_on
from reviewbot.outcome import Review, Verdict
from reviewbot.run.choices import chosen_rules
from reviewbot.run.folder import gather_folder
from reviewbot.settings import Settings
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.problem import SourceProblem
from reviewbot.source.secrets import mask

Progress = Callable[[str], None]


class NotComparable(Exception):
    """Two things that cannot be compared: why."""


class Place(Struct, frozen=True):
    """A Dockerfile of this machine: the folder that counts as its repository, and what to build of it."""

    root: Path
    spec: ImageSpec


def place_of(written: str, folder: Path, context: str | None = None, target: str | None = None) -> Place | None:
    """The Dockerfile that a word of the command line means (a file, or a folder that has one); None for no such file.

    The context is the given folder, else the one that the Dockerfile's own sources tell.
    """
    path = (folder / written).resolve()
    if path.is_dir():
        path = path / "Dockerfile"
    if not path.is_file():
        return None
    given = [(folder / context).resolve()] if context else []
    root = Path(os.path.commonpath([path.parent, *given, *([folder] if path.is_relative_to(folder) else [])]))
    name = path.relative_to(root).as_posix()
    inside = given[0].relative_to(root).as_posix() if given else _context(FolderTree(root), name)
    return Place(root, ImageSpec(name=written, dockerfile=name, context=inside.removeprefix("."), target=target))


def look_at_images(
    written: Sequence[str],
    settings: Settings,
    folder: Path,
    engine: Engine,
    *,
    context: str | None = None,
    target: str | None = None,
    progress: Progress = lambda line: None,
) -> Review:
    """Each image, built where a Dockerfile is named: what it weighs, what it holds, and what is wrong with it.

    Raises EngineUnavailable, EngineProblem, NoSuchImage.
    """
    reviews = []
    with engine.connect() as connection:
        for each in written:
            place = place_of(each, folder, context, target)
            if place is None:
                reviews.append(_review([_standing(connection, each, None, folder, settings)]))
            else:
                reviews.append(_judged(engine, connection, place, settings, progress))
    return _joined(reviews)


def compare_images(
    before: str, after: str, settings: Settings, folder: Path, engine: Engine, progress: Progress = lambda line: None
) -> Review:
    """Two images of the engine, or what two Dockerfiles build: what the second has otherwise than the first.

    Raises NotComparable, EngineUnavailable, EngineProblem, NoSuchImage.
    """
    places = [place_of(each, folder) for each in (before, after)]
    with engine.connect() as connection:
        was, now = places
        if was is None and now is None:
            return _review([_standing(connection, after, before, folder, settings)])
        if was is None or now is None:
            raise NotComparable("compare two images, or two Dockerfiles: one of these is a file, and the other is not")
        measuring = Measuring(connection, _version(was), _version(now), settings, progress, mask, engine.ambient)
        spec = replace(now.spec, name=f"{before} → {after}")
        return _review([measuring.built_again(measuring.image(_planned(spec, was.spec, settings))[1])])


def _standing(
    connection: Connection, reference: str, before: str | None, folder: Path, settings: Settings
) -> ImageReport:
    """An image of the engine. Raises NoSuchImage, which knows of a folder that only lacks its Dockerfile."""
    try:
        return report_on(connection, reference, before, settings, mask)
    except NoSuchImage:
        for written in (before, reference):
            if written is not None and (folder / written).is_dir():
                raise NoSuchImage(
                    f"{written}: there is no `Dockerfile` in this folder; name the file itself if it is called otherwise"
                ) from None
        raise


def _judged(engine: Engine, connection: Connection, place: Place, settings: Settings, progress: Progress) -> Review:
    """What a Dockerfile builds, with what the rules for images say of it."""
    measuring = Measuring(connection, None, _version(place), settings, progress, mask, engine.ambient)
    report = measuring.built_again(measuring.image(_planned(place.spec, None, settings))[1])
    gathered = gather_folder(place.root, [place.spec.dockerfile], settings)
    rules = tuple(rule for rule in chosen_rules(settings) if rule.subject is ImageReport)
    outcome = replace(gathered, head=_with(gathered.head, report), rules=rules).review()
    # It was asked for by name: not to have it is a failure, whether or not a line of the Dockerfile is to blame.
    return outcome if report.status is ImageStatus.MEASURED else replace(outcome, verdict=Verdict.FAIL)


def _with(facts: Facts, report: ImageReport) -> Facts:
    return replace(facts, reports=(report,))


def _planned(spec: ImageSpec, before: ImageSpec | None, settings: Settings) -> PlannedImage:
    spec = replace(spec, platform=settings.first_platform)
    before = before and replace(before, platform=settings.first_platform)
    return PlannedImage(spec, before, settings.max_size, settings.max_increase, settings.max_layer)


def _version(place: Place) -> Version:
    tree = FolderTree(place.root)
    return Version(
        place.spec.name, tree, partial(copy_context, place.root, ignore_of(place.spec, tree), place.spec.context)
    )


def _context(tree: FolderTree, name: str) -> str:
    text = tree.read(name)
    try:
        return find_context(parse_dockerfile(text), Places(tree)) if text else ""
    except SourceProblem:
        return name.rpartition("/")[0]


def _review(measured: Sequence[ImageReport]) -> Review:
    """A review of images without lines that could be commented: limits are all that fails it."""
    reports = [
        replace(report, broken_budgets=(*report.broken_budgets, *broken_severity_limit(report.vulnerabilities)))
        if report.vulnerabilities is not None
        else report
        for report in measured
    ]
    failed = any(
        (report.broken_budgets and report.budgets_fail) or report.status is not ImageStatus.MEASURED
        for report in reports
    )
    return Review(Verdict.FAIL if failed else Verdict.PASS, None, None, images=tuple(reports))


def _joined(reviews: Sequence[Review]) -> Review:
    """Several reviews as one."""
    first, *others = reviews
    for other in others:
        failed = Verdict.FAIL in (first.verdict, other.verdict)
        first = replace(
            first,
            verdict=Verdict.FAIL if failed else Verdict.PASS,
            findings=(*first.findings, *other.findings),
            suggestions=(*first.suggestions, *other.suggestions),
            comments=(*first.comments, *other.comments),
            images=(*first.images, *other.images),
            notices=(*first.notices, *other.notices),
            files=(*first.files, *other.files),
            texts={**other.texts, **first.texts},
        )
    return first
