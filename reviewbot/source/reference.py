"""Image references: ``[host/]path[:tag][@digest]`` by the grammar of the distribution project."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from msgspec import Struct

_MAX_LENGTH = 1_000
"""Characters of a text that is looked at; no reference comes near it."""
_MAX_NAME = 255

_HOST_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*|\[[a-fA-F0-9:]+\])"
_DOMAIN = rf"{_HOST}(?::[0-9]+)?"
_PATH_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = rf"{_PATH_COMPONENT}(?:/{_PATH_COMPONENT})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(rf"(?P<name>(?:{_DOMAIN}/)?{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?", re.ASCII)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}


class ImageReference(Struct, frozen=True, dict=True):
    """A parsed reference. ``name`` is as written without tag and digest (``python``, ``ghcr.io/o/app``)."""

    name: str
    tag: str | None
    digest: str | None

    @property
    def domain(self) -> str:
        """The registry's host, port included; ``docker.io`` where none is written."""
        host = self._written_domain
        return "docker.io" if host in ("", "index.docker.io") else host

    @property
    def path(self) -> str:
        """The repository in its registry: ``library/python`` for ``python``."""
        path = self._written_path
        return f"library/{path}" if self.domain == "docker.io" and "/" not in path else path

    @cached_property
    def familiar_name(self) -> str:
        """The short name people use: ``docker.io/library/`` and ``docker.io/`` dropped."""
        if self.domain != "docker.io":
            return self.name
        return self.path.removeprefix("library/") if self.path.count("/") == 1 else self.path

    @property
    def official_name(self) -> str | None:
        """``python`` for Docker Hub's official image, from there or a mirror that has it under ``library/``; else None."""
        *_, owner, name = ("", *self.path.split("/"))
        return name if owner == "library" else None

    @property
    def is_pinned(self) -> bool:
        """Has a digest, or a tag other than ``latest``."""
        return self.digest is not None or (self.tag is not None and self.tag != "latest")

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag is not None else ""
        digest = f"@{self.digest}" if self.digest is not None else ""
        return f"{self.name}{tag}{digest}"

    @cached_property
    def _written_domain(self) -> str:
        """The first component, where it is a host: it has a dot, a port or capitals, or is ``localhost``."""
        first, slash, _ = self.name.partition("/")
        is_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
        return first if slash and is_host else ""

    @property
    def _written_path(self) -> str:
        host = self._written_domain
        return self.name[len(host) + 1 :] if host else self.name


@lru_cache(maxsize=512)
def parse_reference(reference: str) -> ImageReference | None:
    """The reference, or None when it is not one (variables, bad characters).

    Follows Docker's reading of a name: what it refuses (capitals in a path, a bare 64-digit image ID, a digest of
    the wrong length) is None here too.
    """
    if len(reference) > _MAX_LENGTH:
        return None
    match = _REFERENCE.fullmatch(reference)
    if match is None or _IDENTIFIER.fullmatch(reference):
        return None
    parsed = ImageReference(match["name"], match["tag"], match["digest"])
    if not re.fullmatch(_PATH, parsed._written_path) or len(parsed.path) > _MAX_NAME or not _is_digest(parsed.digest):
        return None
    return parsed


def _is_digest(digest: str | None) -> bool:
    if digest is None:
        return True
    algorithm, _, digits = digest.partition(":")
    return _HEX_DIGITS.get(algorithm) == len(digits) and digits == digits.lower()
