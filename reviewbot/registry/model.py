"""What a registry says of an image that a file names."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from reviewbot.finding import Notice


class Variant(Struct, frozen=True):
    """Another tag of the same repository: its digest, and what a pull of it transfers for one platform."""

    tag: str
    digest: str
    compressed_size: int | None = None
    """Bytes of all its layers as the registry keeps them; None where no manifest for the platform was found."""


class RegistryImage(Struct, frozen=True):
    """A tag as its registry has it at the moment.

    ``digest`` is that of the index of all platforms where there is one. ``version_tag`` is the most exact version tag
    with the same digest (``3.12.7-slim`` for ``3.12-slim``), None where there is none or it is the tag itself.
    ``smaller`` are the slim and Alpine variants of the same version; ``newer_patch`` the newest version tag of the same
    series and variant, ``newer_digest`` what that is.
    """

    tag: str
    digest: str
    version_tag: str | None = None
    compressed_size: int | None = None
    smaller: tuple[Variant, ...] = ()
    newer_patch: str | None = None
    newer_digest: str | None = None
    platform: str | None = None
    """The one that the sizes are of."""

    def variant(self, word: str) -> Variant | None:
        """The smaller variant whose tag has this word: ``slim``, ``alpine``."""
        return next((variant for variant in self.smaller if word in variant.tag), None)


class LookedUp(Struct, frozen=True):
    """What was learnt, by the reference as it is written, and what could not be.

    ``unknown_tags`` are references whose repository is there and has no such tag, with those tags that are the nearest.
    """

    images: Mapping[str, RegistryImage] = field(default_factory=dict)
    unknown_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
