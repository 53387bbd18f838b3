"""Image references: ``[host/]path[:tag][@digest]`` by the grammar of the distribution project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageReference:
    """A parsed reference. ``name`` is as written without tag and digest (``python``, ``ghcr.io/o/app``)."""

    name: str
    tag: str | None
    digest: str | None

    @property
    def familiar_name(self) -> str:
        """The short name people use: ``docker.io/library/`` and ``docker.io/`` dropped."""
        ...

    @property
    def is_pinned(self) -> bool:
        """Has a digest, or a tag other than ``latest``."""
        return self.digest is not None or (self.tag is not None and self.tag != "latest")


def parse_reference(reference: str) -> ImageReference | None:
    """The reference, or None when it is not one (variables, bad characters)."""
    ...
