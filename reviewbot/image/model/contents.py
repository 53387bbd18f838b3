"""What lies in an image's layers."""

from __future__ import annotations

import enum

from msgspec import Struct

from reviewbot.image.model.packages import Package
from reviewbot.image.model.step import Step


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
