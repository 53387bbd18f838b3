"""What came of one image, measured or not."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from msgspec import Struct, field

from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.contents import ImageContents
from reviewbot.image.model.packages import PackageChange
from reviewbot.image.model.size import ImageSize, LayerDelta
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.model.vulnerabilities import VulnerabilityChanges


class ImageStatus(enum.Enum):
    MEASURED = "measured"
    FAILED = "failed"
    SKIPPED = "skipped"


class BuildFailure(Struct, frozen=True):
    """Why a build failed: the instruction's line where it is known, and the end of the log (masked, untrusted)."""

    path: str
    line: int | None
    message: str
    log: str


class BuildCheck(Struct, frozen=True):
    """What one of the builder's own checks says: its rule's name, and the lines of the Dockerfile it speaks of."""

    rule: str
    message: str
    first_line: int
    last_line: int
    url: str = ""


class WithSuggestions(Struct, frozen=True):
    """The head's image as it was built with ``count`` suggestions applied: its bytes, and whether a container of it stays
    up; None where that was not tried, or tells nothing because it does not without the suggestions either."""

    size: int
    count: int
    starts: bool | None = None
    seconds: float = 0.0
    """How long building and starting it took."""


class RebuiltStep(Struct, frozen=True):
    """A step that ran again: its instruction on one line, its first line in the Dockerfile where that is known, seconds."""

    instruction: str
    line: int | None
    seconds: float


class Rebuild(Struct, frozen=True):
    """What building the head again takes after a change of one file: the steps that ran, and how many were ``reused``."""

    path: str
    ran: tuple[RebuiltStep, ...]
    reused: int
    seconds: float


class ImageReport(Struct, frozen=True):
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
    budgets_fail: bool = True
    """Whether a broken budget fails the review, rather than being a warning."""
    base_images: Mapping[str, ImageConfig] = field(default_factory=dict)
    contents: ImageContents | None = None
    """What the head's image holds; None when its layers were not read: they are the base's, or nobody asked."""
    package_changes: tuple[PackageChange, ...] = ()
    """Which packages the head has otherwise than the base; empty without a base."""
    checks: tuple[BuildCheck, ...] = ()
    """What the builder's own checks say of the head and not of the base; empty where it has none."""
    vulnerabilities: VulnerabilityChanges | None = None
    """What the change introduces and fixes; None when no scanner was asked, or it did not answer."""
    rebuild: Rebuild | None = None
    """What a change of a source file costs the next build; None where nobody asked."""
    build_seconds: float = 0.0
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds by step; base and head may be built at the same time."""
    with_suggestions: WithSuggestions | None = None
    """What it would be with the suggestions of the review; None where that was not tried."""
    is_read: bool = True
    """False where the layers should have been looked into and could not be: that nothing was found proves nothing."""

    @property
    def is_judged(self) -> bool:
        """Whether what the rules do not find in this image is not there."""
        return self.status is ImageStatus.MEASURED and self.is_read

    @property
    def speaks_of(self) -> str:
        """The Dockerfile that its lines count in: its own, or that of an image it is built from, which did not build."""
        return self.failure.path if self.failure is not None else self.spec.dockerfile
