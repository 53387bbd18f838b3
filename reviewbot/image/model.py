"""What is known of images: their configuration, and what each instruction adds to their size."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ImageConfig:
    """The configuration that a container of the image starts with, as ``docker image inspect`` gives it."""

    user: str = ""
    has_healthcheck: bool = False
    env: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_dir: str = ""
    exposed_ports: tuple[str, ...] = ()
    digest: str | None = None
    """``sha256:…`` of the image in its registry, where the engine knows it."""

    @property
    def runs_as_root(self) -> bool:
        user = self.user.split(":")[0]
        return user in ("", "0", "root")


@dataclass(frozen=True)
class ImageInfo:
    """An image of the engine: total uncompressed ``size`` in bytes, the diff ids of its layers from the lowest up,
    the instructions it leaves to its children, and its configuration."""

    id: str
    size: int
    layers: tuple[str, ...]
    platform: str
    triggers: tuple[str, ...]
    config: ImageConfig


@dataclass(frozen=True)
class HistoryEntry:
    """One step of an image's history: how it was made, and the bytes it added."""

    created_by: str
    size: int


class LayerChange(enum.Enum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    GROWN = "grown"
    SHRUNK = "shrunk"
    DRIFT = "drift"
    """The same instruction with the same inputs, other bytes: an index that moved, a time stamp."""


@dataclass(frozen=True)
class LayerDelta:
    """One instruction's layer; ``line`` is the first line of its instruction in the head's Dockerfile.

    For a REMOVED layer ``after`` is None and ``line`` counts in the base's file. Sizes are uncompressed bytes.
    """

    instruction: str
    line: int | None
    before: int | None
    after: int | None
    change: LayerChange

    @property
    def difference(self) -> int:
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True)
class ImageSize:
    """Uncompressed bytes. ``base_image_after`` plus all layers' ``after`` is exactly ``after``."""

    before: int | None
    after: int
    base_image_before: int | None
    base_image_after: int
    compressed_before: int | None = None
    compressed_after: int | None = None

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.after - self.before


class ImageStatus(enum.Enum):
    MEASURED = "measured"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class BuildFailure:
    """Why a build failed: the instruction's line where it is known, and the end of the log (masked, untrusted)."""

    path: str
    line: int | None
    message: str
    log: str


@dataclass(frozen=True)
class ImageSpec:
    """One image to build: a Dockerfile of the tree, its context folder, and the stage to stop at."""

    name: str
    dockerfile: str
    context: str
    """Folder relative to the repository's root; ``""`` is the root."""
    target: str | None = None
    args: tuple[tuple[str, str], ...] = ()
    platform: str | None = None


@dataclass(frozen=True)
class ImageReport:
    """What was measured of one image, or why it was not.

    ``before`` and ``after`` are the configurations of the images built from base and head;
    ``base_images`` those of the external images that the head's Dockerfile starts from, as far as the engine has
    them: by reference, both as written after FROM and with its variables resolved.
    """

    spec: ImageSpec
    status: ImageStatus
    platform: str
    reason: str | None = None
    size: ImageSize | None = None
    layers: tuple[LayerDelta, ...] = ()
    before: ImageConfig | None = None
    after: ImageConfig | None = None
    failure: BuildFailure | None = None
    notices: tuple[str, ...] = ()
    broken_budgets: tuple[str, ...] = ()
    """What each budget that was broken says, for a person."""
    base_images: Mapping[str, ImageConfig] = field(default_factory=dict)
    build_seconds: float = 0.0
