"""Measurements of the default branch's images, kept in a file so that a pull request need not build its base.

Whoever can write the file can say anything of the base, so it has to come from trusted runs; what it says is read with
limits, by its types, and has to add up. It is believed for images whose inputs are exactly the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from reviewbot.image.model.config import ImageInfo
from reviewbot.image.model.contents import ImageContents
from reviewbot.image.model.report import BuildCheck
from reviewbot.image.size.attribute import Attribution

MOST_BYTES = 50_000_000
_KEPT = 8
"""Measurements of one image, for pull requests that began at an earlier commit."""
_VERSION = 1
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40,64}", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


class BaselineProblem(Exception):
    """Why a baseline is not used, or was not written: the end of a sentence."""


class Measurement(Struct, frozen=True):
    """One image as it was measured: ``when`` in UTC, of ``commit``; ``key`` is the digest of its inputs."""

    key: str
    name: str
    commit: str
    when: str
    info: ImageInfo
    parts: Attribution
    checks: tuple[BuildCheck, ...] = ()
    contents: ImageContents | None = None

    @property
    def is_sound(self) -> bool:
        """Whether it may have been written by this program: its parts are the whole."""
        numbers = [self.info.size, self.parts.base_size, *(layer.size for layer in self.parts.layers)]
        own = [layer.diff_id for layer in self.parts.layers if layer.diff_id is not None]
        base = self.parts.base_layers
        return (
            all(
                pattern.fullmatch(text)
                for pattern, text in ((_KEY, self.key), (_COMMIT, self.commit), (_WHEN, self.when))
            )
            and self.parts.base_size + sum(layer.size for layer in self.parts.layers) == self.info.size
            and all(number < 1 << 50 for number in numbers)
            and self.info.size >= 0
            and (base is None or len(base) + len(own) == len(self.info.layers) or self.parts.problem is not None)
        )


class Baseline(Struct, frozen=True):
    """All measurements, of each image the newest first."""

    version: int = _VERSION
    images: tuple[Measurement, ...] = ()

    def find(self, key: str) -> Measurement | None:
        return next((image for image in self.images if image.key == key), None)

    def with_measurements(self, new: Iterable[Measurement]) -> Baseline:
        """The same with newer ones, of each image as many as are kept."""
        fresh = list(new)
        keys = {image.key for image in fresh}
        kept: list[Measurement] = []
        count: dict[str, int] = {}
        for image in (*fresh, *(old for old in self.images if old.key not in keys)):
            count[image.name] = count.get(image.name, 0) + 1
            if count[image.name] <= _KEPT:
                kept.append(image)
        return Baseline(images=tuple(kept))


def read_baseline(path: Path) -> Baseline | None:
    """What was kept; None where there is no file yet. Raises BaselineProblem."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise BaselineProblem(f"it cannot be read: {problem.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BaselineProblem("it is no file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > MOST_BYTES:
        raise BaselineProblem(f"it has more than {MOST_BYTES // 1_000_000} MB")
    try:
        found = msgspec.json.decode(data, type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BaselineProblem(f"it is no baseline: {problem}") from None
    if found.version != _VERSION:
        raise BaselineProblem(f"it is of version {found.version}, and version {_VERSION} is understood")
    if not all(image.is_sound for image in found.images):
        raise BaselineProblem("what it says of an image does not add up")
    return found


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write it, all or nothing. Raises BaselineProblem."""
    # A name in an image may be no UTF-8, which msgspec refuses to write.
    text = json.dumps(msgspec.to_builtins(baseline), ensure_ascii=False).encode("utf-8", "replace")
    place: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            raise BaselineProblem("a link is in its place")
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".baseline-", delete=False) as file:
            place = Path(file.name)
            file.write(text)
        place.chmod(0o644)
        place.replace(path)
    except OSError as problem:
        if place is not None:
            with contextlib.suppress(OSError):
                place.unlink()
        raise BaselineProblem(f"it cannot be written: {problem.strerror}") from None
