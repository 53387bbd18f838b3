"""What is known of images: their configuration, and what each instruction adds to their size."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from reviewbot.source.text import Text


class ImageConfig(Struct, frozen=True):
    """The configuration that a container of the image starts with, as ``docker image inspect`` gives it."""

    user: str = ""
    has_healthcheck: bool = False
    healthcheck: tuple[str, ...] = ()
    """The check as the engine keeps it: ``CMD`` or ``CMD-SHELL``, then words or one line of shell."""
    shell: tuple[str, ...] = ()
    """What SHELL set; the engine's default when empty."""
    env: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_dir: str = ""
    exposed_ports: tuple[str, ...] = ()
    digest: str | None = None
    """``sha256:…`` of the image in its registry, where the engine knows it."""
    programs: tuple[str, ...] | None = None
    """Those of ``launch.TOOLS`` that the image has on its path; None where nobody looked."""

    @property
    def runs_as_root(self) -> bool:
        user = self.user.split(":")[0]
        return user in ("", "0", "root")


class ImageInfo(Struct, frozen=True):
    """An image of the engine: total uncompressed ``size`` in bytes, the diff ids of its layers from the lowest up,
    the instructions it leaves to its children, and its configuration."""

    id: str
    size: int
    layers: tuple[str, ...]
    platform: str
    triggers: tuple[str, ...]
    config: ImageConfig


class HistoryEntry(Struct, frozen=True):
    """One step of an image's history: how it was made, and the bytes it added."""

    created_by: str
    size: int


class Step(Struct, frozen=True):
    """What made a layer: an instruction on one line and its first line in the Dockerfile.

    ``line`` is None for layers of the base image and where it cannot be told.
    """

    instruction: str
    line: int | None


BASE_IMAGE = Step("the base image", None)


class FileFact(Struct, frozen=True):
    """A file of an image that something is to be said of: its path without the leading slash, its bytes, its mode."""

    path: str
    size: int
    mode: int
    step: Step


class Waste(Struct, frozen=True):
    """Bytes that an image ships and that nobody can see: ``hidden_by`` replaced or deleted what ``brought_by`` wrote.

    ``examples`` are the largest of the files, at most five.
    """

    size: int
    files: int
    deleted: bool
    brought_by: Step
    hidden_by: Step
    examples: tuple[str, ...] = ()


class Share(Struct, frozen=True):
    """What a step wrote below one path (a file or a folder)."""

    path: str
    size: int
    files: int
    step: Step


class Leftover(Struct, frozen=True):
    """Something that an image rarely needs: ``kind`` is the name of one of ``leftovers.KINDS``, ``path`` its root."""

    kind: str
    path: str
    size: int
    files: int
    step: Step


class Package(Struct, frozen=True):
    """An installed package: ``kind`` is ``deb``, ``apk`` or ``rpm``, or a language's: ``pypi``, ``npm``, ``gem``, ``maven``.

    ``size`` are its bytes when installed (of a Java archive, the archive's). ``source`` is the source package it was built
    from; ``step`` what installed this version.
    """

    name: str
    version: str
    kind: str
    size: int
    source: str
    step: Step = BASE_IMAGE

    @property
    def is_of_distribution(self) -> bool:
        return self.kind in ("deb", "apk", "rpm")


class PackageMove(enum.Enum):
    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"


class PackageChange(Struct, frozen=True):
    """A package that base and head have in different versions, or only one of them has."""

    name: str
    kind: str
    move: PackageMove
    before: Package | None
    after: Package | None

    @property
    def difference(self) -> int:
        """Bytes when installed."""
        return (self.after.size if self.after else 0) - (self.before.size if self.before else 0)


class SecretFile(Struct, frozen=True):
    """A file that holds a secret of a known kind; the value is not kept. ``deleted``: only lower layers still have it."""

    path: str
    kind: str
    deleted: bool
    step: Step


class AccountFact(Struct, frozen=True):
    """Something odd in ``/etc/passwd``, ``/etc/shadow`` or ``/etc/group``.

    ``kind``: ``empty-password``, ``duplicate-uid``, ``duplicate-gid``, ``duplicate-user``, ``duplicate-group``.
    """

    kind: str
    name: str
    detail: str
    step: Step


class CveSeverity(enum.IntEnum):
    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Vulnerability(Struct, frozen=True):
    """A known flaw in a package: ``fixed`` is the version that mends it, empty when there is none.

    ``step`` is what brought the package; None where it cannot be told.
    """

    id: str
    package: str
    version: str
    fixed: str
    severity: CveSeverity
    step: Step | None = None


def by_severity(flaws: Iterable[Vulnerability]) -> Counter[CveSeverity]:
    """How many different vulnerabilities there are of each severity: one that several packages have counts once."""
    worst: dict[str, CveSeverity] = {}
    for flaw in flaws:
        worst[flaw.id] = max(flaw.severity, worst.get(flaw.id, CveSeverity.UNKNOWN))
    return Counter(worst.values())


class VulnerabilityChanges(Struct, frozen=True):
    """What a scanner (``tool``) finds in the head and not in the base, and the other way round, the worst first.

    ``limit`` is the severity from which what is introduced fails the review.
    """

    tool: str
    introduced: tuple[Vulnerability, ...] = ()
    fixed: tuple[Vulnerability, ...] = ()
    limit: CveSeverity | None = None


class LaunchFault(enum.Enum):
    """Why a program that the image's configuration names cannot be started."""

    MISSING = "missing"
    NOT_EXECUTABLE = "not-executable"
    PLATFORM = "platform"
    """``detail`` is the architecture that it is built for."""
    LOADER = "loader"
    """The loader or script interpreter (``detail``) that it asks for is not in the image."""


class LaunchProblem(Struct, frozen=True):
    """A program of ENTRYPOINT, CMD or HEALTHCHECK (``keyword``) that does not start."""

    keyword: str
    program: str
    fault: LaunchFault
    detail: str = ""
    step: Step | None = None
    """What brought the program, where it is there."""
    others: tuple[str, ...] = ()
    """For a missing tool of HEALTHCHECK: what could ask instead, and is in the image."""


class ImageContents(Struct, frozen=True):
    """What one pass over an image's layers found.

    ``written`` are the bytes of files in all layers, ``visible`` those that a container sees. Everything is largest
    first. ``incomplete`` says, for a person, what was not looked at.
    """

    files: int = 0
    written: int = 0
    visible: int = 0
    waste: tuple[Waste, ...] = ()
    shares: tuple[Share, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    packages: tuple[Package, ...] = ()
    setuid: tuple[FileFact, ...] = ()
    world_writable: tuple[FileFact, ...] = ()
    symbols: tuple[FileFact, ...] = ()
    """Programs and libraries with debug information; ``size`` is what ``strip`` takes out."""
    secrets: tuple[SecretFile, ...] = ()
    accounts: tuple[AccountFact, ...] = ()
    launch: tuple[LaunchProblem, ...] = ()
    tools: tuple[str, ...] | None = None
    """Those of ``launch.TOOLS`` that it has on its path; None where that cannot be told."""
    compressed: int | None = None
    """Bytes as a registry keeps the layers, about."""
    compressed_is_estimate: bool = True
    incomplete: tuple[str, ...] = ()

    @property
    def wasted(self) -> int:
        return sum(waste.size for waste in self.waste)

    @property
    def efficiency(self) -> float:
        """The share of the written bytes that a container sees, from 0 to 1."""
        return 1 - self.wasted / self.written if self.written else 1.0


class LayerChange(enum.Enum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    GROWN = "grown"
    SHRUNK = "shrunk"
    DRIFT = "drift"
    """The same instruction with the same inputs, other bytes: an index that moved, a time stamp."""


class Pairing(enum.Enum):
    """How a layer of the head was found in the base."""

    NONE = "none"
    SAME = "same"
    MOVED = "moved"
    EDITED = "edited"
    SPLIT = "split"
    """It is one of several instructions that do what one did."""
    MERGED = "merged"
    """It does what several instructions did."""


class LayerDelta(Struct, frozen=True):
    """One instruction's layer; ``line`` is the first line of its instruction in the head's Dockerfile.

    For a REMOVED layer ``after`` is None and ``line`` counts in the base's file. Sizes are uncompressed bytes.
    ``made_by`` is the line of the instruction in another stage that made what a ``COPY --from`` ships, where it can be
    told.
    """

    instruction: str
    line: int | None
    before: int | None
    after: int | None
    change: LayerChange
    pairing: Pairing = Pairing.NONE
    made_by: int | None = None

    @property
    def difference(self) -> int:
        return (self.after or 0) - (self.before or 0)


class ImageSize(Struct, frozen=True):
    """Uncompressed bytes. ``base_image_after`` plus all layers' ``after`` is exactly ``after``."""

    before: int | None
    after: int
    base_image_before: int | None
    base_image_after: int
    compressed_before: int | None = None
    compressed_after: int | None = None
    compressed_is_estimate: bool = False
    """Whether parts of the compressed sizes are reckoned from samples."""

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.after - self.before


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


class ImageSpec(Struct, frozen=True):
    """One image to build: a Dockerfile of the tree, its context folder, and the stage to stop at."""

    name: str
    dockerfile: str
    context: str
    """Folder relative to the repository's root; ``""`` is the root."""
    target: str | None = None
    args: tuple[tuple[str, str], ...] = ()
    platform: str | None = None
    platforms: tuple[str, ...] = ()
    """Those that its definition names, where there are several; one build is for ``platform`` alone."""
    contexts: tuple[NamedContext, ...] = ()

    def dockerfiles(self) -> Iterator[str]:
        """Its Dockerfile, and those of the images of the repository that it is built from."""
        yield self.dockerfile
        for context in self.contexts:
            if context.image is not None:
                yield from context.image.dockerfiles()


class NamedContext(Struct, frozen=True):
    """What a Dockerfile may call by a name that its own stages do not have: ``FROM name``, ``COPY --from=name``.

    It is another ``image`` of the repository, a ``folder`` of it, or an external image's ``reference``: one of them.
    """

    name: str
    image: ImageSpec | None = None
    folder: str | None = None
    reference: str | None = None


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
    is_read: bool = True
    """False where the layers should have been looked into and could not be: that nothing was found proves nothing."""

    @property
    def is_judged(self) -> bool:
        """Whether what the rules do not find in this image is not there."""
        return self.status is ImageStatus.MEASURED and self.is_read

    """What it would be with the suggestions of the review; None where that was not tried."""

    @property
    def speaks_of(self) -> str:
        """The Dockerfile that its lines count in: its own, or that of an image it is built from, which did not build."""
        return self.failure.path if self.failure is not None else self.spec.dockerfile


Edits = Mapping[str, Text | None]
"""The texts of the files that are other ones than the head's, by path."""


class Trial(Struct, frozen=True):
    """What came of it: the image's bytes, and whether it ``starts`` (None: not tried, or it tells nothing); or why there
    is none. ``is_to_blame`` says that with the edited files it does not build or start, rather than that nobody could try.
    """

    size: int | None
    reason: str = ""
    is_to_blame: bool = False
    starts: bool | None = None
    seconds: float = 0.0
