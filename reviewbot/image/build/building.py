"""What a build is made of and comes to: a version of the repository, the conditions, an image or why there is none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from threading import Event
from typing import Protocol

from msgspec import Struct, field

from reviewbot.change.model import Tree
from reviewbot.image.build.means import BuildMeans
from reviewbot.image.model.report import BuildCheck, BuildFailure
from reviewbot.source.dockerfile import Dockerfile, Stage


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
    is_trusted: bool = False
    """Whether its commit is one of the repository's own: only such a build may write a cache."""
    note: str = ""
    """What is to be said of where its files come from."""


class Conditions(Struct, frozen=True):
    """What builds are held to; ``deadline`` is a point of ``time.monotonic`` that all of them share."""

    deadline: float
    max_context: int
    frontends: Collection[str]
    network: str = "default"
    means: BuildMeans = field(default_factory=BuildMeans)
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
