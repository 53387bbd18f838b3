"""Releases that get no security fixes any more, from a table that ships with the package."""

from __future__ import annotations

import functools
import importlib.resources
import re
from dataclasses import dataclass, field

import msgspec

from reviewbot.source.reference import ImageReference

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)", re.ASCII)
_MIRRORS = ("public.ecr.aws/docker/library/", "mirror.gcr.io/library/", "docker.io/library/")
_DISTRIBUTIONS = ("debian", "ubuntu")
_SAME_TAG = "the same tag on a current release"
_ALPINE = re.compile(r"alpine(\d+\.\d+)", re.ASCII)


@dataclass(frozen=True)
class EndOfLife:
    """A release that is over: what it is called, since when (a date, or empty for long ago), and what to take instead."""

    release: str
    since: str
    instead: str


@dataclass(frozen=True)
class _Image:
    """An image's releases that are over, by version; ``always`` is the day on which all of them were given up."""

    next: str
    over: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)
    """Code names of releases, where its tags have such."""
    always: str | None = None


@dataclass(frozen=True)
class _Table:
    as_of: str
    images: dict[str, _Image]


@functools.cache
def _table() -> _Table:
    data = importlib.resources.files("reviewbot.rules").joinpath("end_of_life.json").read_bytes()
    return msgspec.json.decode(data, type=_Table)


def table_date() -> str:
    """The day as of which the table is right, ``YYYY-MM-DD``."""
    return _table().as_of


def end_of_life(image: ImageReference) -> EndOfLife | None:
    """What of an image is over: its own release, or that of the distribution which its tag names."""
    name, tag = image.familiar_name, image.tag or ""
    for mirror in _MIRRORS:
        name = name.removeprefix(mirror)
    images = _table().images
    key = name if name in images else name.rpartition("/")[0]
    if key in images and (key == name or key.startswith("mcr.microsoft.com/")):
        entry = images[key]
        over = _over(entry, tag)
        if over is not None:
            instead = entry.next if ":" in entry.next else f"{image.name}:{entry.next}"
            return EndOfLife(f"{name}:{over[0]}" if over[0] else name, over[1], instead)
    return _distribution(tag, images) if "/" not in name or key in images else None


def _over(entry: _Image, tag: str) -> tuple[str, str] | None:
    """The release of a tag, and when it ended; None for one that is supported, or not known."""
    written = entry.names.get(tag.split("-")[0], tag)
    match = _VERSION.match(written)
    if match is not None and written[match.end() : match.end() + 1] in ("", "-", "_", "."):
        parts = match[1].split(".")
        for length in range(len(parts), 0, -1):
            version = ".".join(parts[:length])
            if version in entry.over:
                return version, entry.over[version]
        oldest = min(entry.over, key=_numbers, default=None)
        if oldest is not None and len(parts) >= len(oldest.split(".")) and _numbers(match[1]) < _numbers(oldest):
            return match[1], ""
    return ("", entry.always) if entry.always and not tag.startswith("stream") else None


def _distribution(tag: str, images: dict[str, _Image]) -> EndOfLife | None:
    """The distribution that stands behind the version in the tag of a language's image."""
    words = tag.split("-")
    for name in _DISTRIBUTIONS:
        entry = images[name]
        for word in words[1:] or words:
            if word in entry.names:
                version = entry.names[word]
                return EndOfLife(f"{name} {version} ({word})", entry.over[version], _SAME_TAG)
    alpine = _ALPINE.search(tag)
    over = images["alpine"].over
    if alpine and alpine[1] in over:
        return EndOfLife(f"alpine {alpine[1]}", over[alpine[1]], _SAME_TAG)
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part[:9]) for part in version.split("."))
