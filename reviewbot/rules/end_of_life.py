"""Releases that get no security fixes any more, from a table that ships with the package."""

from __future__ import annotations

import functools
import importlib.resources
import re

import msgspec
from msgspec import field

from reviewbot.source.reference import ImageReference

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)", re.ASCII)
_DISTRIBUTIONS = ("debian", "ubuntu")
_SAME_TAG = "the same tag on a current release"
_ALPINE = re.compile(r"alpine(\d+\.\d+)", re.ASCII)


class EndOfLife(msgspec.Struct, frozen=True):
    """A release that is over: what it is called, since when (a date, or empty for long ago), and what to take instead."""

    release: str
    since: str
    instead: str


class _Image(msgspec.Struct, frozen=True):
    """An image's releases by version, with the last day of each (empty: it was long ago).

    ``series`` has that of tags such as ``2``, which stand for all releases 2.x; ``names`` the code names that tags may
    have; ``always`` is the day on which the whole image was given up.
    """

    next: str
    ends: dict[str, str]
    series: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    always: str | None = None


class _Table(msgspec.Struct, frozen=True):
    source: str
    as_of: str
    images: dict[str, _Image]


@functools.cache
def _table() -> _Table:
    data = importlib.resources.files("reviewbot.rules").joinpath("end_of_life.json").read_bytes()
    return msgspec.json.decode(data, type=_Table)


def table_date() -> str:
    """The day as of which the table is right, ``YYYY-MM-DD``."""
    return _table().as_of


def end_of_life(image: ImageReference, today: str) -> EndOfLife | None:
    """What of an image is over: its own release, or that of the distribution which its tag names.

    ``today`` is ``YYYY-MM-DD``; where it is empty, the day of the table counts.
    """
    today = today or table_date()
    name, tag = image.official_name or image.familiar_name, image.tag or ""
    images = _table().images
    key = name if name in images else name.rpartition("/")[0]
    if key in images and (key == name or key.startswith("mcr.microsoft.com/")):
        entry = images[key]
        over = _over(entry, tag, today)
        if over is not None:
            instead = entry.next if ":" in entry.next else f"{image.name}:{_of_family(entry.next, tag)}"
            return EndOfLife(f"{name}:{over[0]}" if over[0] else name, over[1], instead)
    return _distribution(tag, images, today) if "/" not in name or key in images else None


def current_release(image: ImageReference) -> str | None:
    """The tag of a release that is supported, of an image that is in the table and goes on under its name."""
    entry = _table().images.get(image.official_name or image.familiar_name)
    return entry.next if entry is not None and ":" not in entry.next else None


def _of_family(release: str, tag: str) -> str:
    """The tag of a release in the family of another tag: made on Alpine, slim, or neither."""
    version, hyphen, family = release.partition("-")
    if "alpine" in tag:
        return f"{version}-{family}-alpine" if hyphen and family != "slim" else f"{version}-alpine"
    return release if "slim" in tag or family != "slim" else version


def _over(entry: _Image, tag: str, today: str) -> tuple[str, str] | None:
    """The release of a tag, and when it ended; None for one that is supported, or not known."""
    written = entry.names.get(tag.split("-")[0], tag)
    match = _VERSION.match(written)
    if match is not None and written[match.end() : match.end() + 1] in ("", "-", "_", "."):
        version = match[1]
        release = next((known for known in _prefixes(version) if known in entry.ends), None)
        if release is not None or version in entry.series:
            known = release or version
            end = entry.ends.get(known, entry.series.get(known, ""))
            return (known, end) if end <= today else None
        oldest = min(entry.ends, key=_numbers, default=None)
        if oldest is not None and version.count(".") >= oldest.count(".") and _numbers(version) < _numbers(oldest):
            return version, ""
    return ("", entry.always) if entry.always and not tag.startswith("stream") else None


def _prefixes(version: str) -> list[str]:
    """``1.2.3``, ``1.2``, ``1``."""
    parts = version.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _distribution(tag: str, images: dict[str, _Image], today: str) -> EndOfLife | None:
    """The distribution that stands behind the version in the tag of a language's image."""
    words = tag.split("-")
    for name in _DISTRIBUTIONS:
        entry = images[name]
        for word in words[1:] or words:
            if word in entry.names:
                version = entry.names[word]
                end = entry.ends.get(version)
                return EndOfLife(f"{name} {version} ({word})", end, _SAME_TAG) if end and end <= today else None
    alpine = _ALPINE.search(tag)
    end = images["alpine"].ends.get(alpine[1]) if alpine else None
    return EndOfLife(f"alpine {alpine[1]}", end, _SAME_TAG) if alpine and end and end <= today else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part[:9]) for part in version.split("."))
