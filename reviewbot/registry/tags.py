"""Tags as versions: ``3.12.7-slim-bookworm`` is the version 3.12.7 in the variant ``-slim-bookworm``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_TAG = re.compile(r"(?P<prefix>v?)(?P<version>\d{1,9}(?:\.\d{1,9}){0,3})(?P<suffix>(?:[-_][A-Za-z0-9._-]+)?)")
_UNRELEASED = re.compile(r"[-_.](?:rc|alpha\d|beta|dev|nightly|snapshot|pre|preview|ea)(?![a-z])", re.I)
_MOVING_WORDS = frozenset(
    {"latest", "stable", "lts", "current", "edge", "mainline", "nightly", "main", "master", "dev", "rolling", "testing"}
)

_VARIANT = re.compile(r"(?:alpine(?:\d+(?:\.\d+)*)?|slim|fpm|cli|apache)(?:-[a-z][a-z0-9.]*)*")
"""A tag of nothing but a variant: ``alpine``, ``slim-bookworm``, ``fpm-alpine3.20``."""

_EARLIEST_DATE = 10_000
"""A number from here on is a date or a build: ``20240101``."""

PARTS = 3
"""Numbers of a version that names one release: ``3.12.7``."""


class VersionTag(Struct, frozen=True):
    """A tag that names a version: its numbers, and what stands before and behind them."""

    tag: str
    prefix: str
    numbers: tuple[int, ...]
    suffix: str

    def is_of_the_series(self, other: VersionTag) -> bool:
        """Whether it is the same variant, and its numbers begin with the other's."""
        same = self.suffix == other.suffix and self.prefix == other.prefix
        return same and self.numbers[: len(other.numbers)] == other.numbers


def version_of(tag: str) -> VersionTag | None:
    """The tag as a version; None for a word such as ``latest``, and for what is no release."""
    match = _TAG.fullmatch(tag)
    if match is None or _UNRELEASED.search(match["suffix"]):
        return None
    return VersionTag(tag, match["prefix"], tuple(map(int, match["version"].split("."))), match["suffix"])


def is_moving(tag: str) -> bool:
    """Whether a tag is moved to newer releases: a word such as ``stable``, a variant such as ``alpine`` of whatever version,
    or a version of fewer than two numbers.

    ``3.12`` moves too, in a way that many want; whether it does depends on the project (``debian:12.8`` is exact), so
    only the registry can tell.
    """
    word = tag.split("-")[0].lower()
    version = version_of(tag)
    is_series = version is not None and len(version.numbers) == 1 and version.numbers[0] < _EARLIEST_DATE
    return word in _MOVING_WORDS or is_series or _VARIANT.fullmatch(tag) is not None


def more_exact(tag: str, tags: Iterable[str]) -> list[str]:
    """Tags that may be the exact name of what ``tag`` means, the likeliest first: newer and longer ones of its series."""
    versions = [version for each in tags if (version := version_of(each))]
    wanted = version_of(tag)
    if wanted is None:
        suffix = _suffix_behind(tag)
        found = [v for v in versions if v.suffix == suffix and not v.prefix]
    else:
        found = [v for v in versions if v.is_of_the_series(wanted) and len(v.numbers) > len(wanted.numbers)]
    # The newest first; of one release the name with the most numbers.
    return [v.tag for v in sorted(found, key=lambda v: (*v.numbers, *(-1,) * (4 - len(v.numbers))), reverse=True)]


def _suffix_behind(tag: str) -> str:
    """What version tags have behind their numbers that a word stands for: ``-slim`` for ``slim`` and ``stable-slim``."""
    word, dash, rest = tag.partition("-")
    if word.lower() in _MOVING_WORDS:
        return f"-{rest}" if dash else ""
    return f"-{tag}"


_PATCHED_IN_THE_SECOND = frozenset({"almalinux", "debian", "postgres", "rockylinux"})
"""Images whose second number is that of the patch: ``postgres:17.2``, ``debian:12.8``."""


def newest_patch(tag: str, tags: Iterable[str], name: str = "") -> str | None:
    """The newest tag of the same series and variant; None where ``tag`` is it, or does not name a patch.

    A series is a major and minor version, and of images (``name``) which have no minor ones a major version.
    """
    wanted = version_of(tag)
    if wanted is None or len(wanted.numbers) < (2 if name in _PATCHED_IN_THE_SECOND else PARTS):
        return None
    series = VersionTag("", wanted.prefix, wanted.numbers[:-1], wanted.suffix)
    found = [v for each in tags if (v := version_of(each)) and v.is_of_the_series(series)]
    newest = max((v for v in found if len(v.numbers) == len(wanted.numbers)), key=lambda v: v.numbers, default=None)
    return newest.tag if newest and newest.numbers > wanted.numbers else None


_RELEASES = re.compile(r"-(?:bookworm|bullseye|buster|trixie|jammy|noble|focal)$")


def smaller_variants(tag: str) -> tuple[str, ...]:
    """Tags under which the official images have the slim and the Alpine variant of the same version."""
    if any(word in tag for word in ("slim", "alpine", "distroless", "minimal", "chiseled", "jre-headless")):
        return ()
    if tag == "latest":
        return ("slim", "alpine")
    release = _RELEASES.search(tag)
    bare = tag[: release.start()] if release else tag
    slims = (f"{bare}-slim{release[0]}", f"{tag}-slim") if release else (f"{tag}-slim",)
    return (*slims, f"{bare}-alpine")
