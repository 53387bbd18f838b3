"""Packages that are installed in an image, and what a change makes of them."""

from __future__ import annotations

import enum

from msgspec import Struct

from reviewbot.image.model.step import BASE_IMAGE, Step


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
