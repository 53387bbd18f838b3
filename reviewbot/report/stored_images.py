"""The measured images of a review, kept for a later run of the same commit that cannot build: read as hostile data.

What is kept is the images' part of the JSON report: in a hidden state, and in the artefact of a first stage that ran
a stranger's workflow. Nothing in it is believed but sizes and names, and what it says is escaped like all that a
change brings in.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec.structs import replace

from reviewbot.finding import Finding, most_important_first
from reviewbot.image.model.report import BuildFailure, ImageReport, ImageStatus
from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta
from reviewbot.image.model.spec import ImageSpec
from reviewbot.outcome import Review
from reviewbot.report.json_report import report

_MOST_IMAGES = 50
_MOST_LAYERS = 500
_MOST_FINDINGS = 60
_MOST_WITHDRAWN = 20
_LONGEST_REASON = 200
_MOST_KEPT = 9_000
"""Characters of a hidden state: beside them the summary needs room in its comment."""
MOST_BYTES = 2_000_000

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
_Words = Annotated[str, msgspec.Meta(max_length=4_000)]
_Log = Annotated[str, msgspec.Meta(max_length=200_000)]
_Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**50)]
_Line = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]


R = TypeVar("R", bound="_Report")


class StoredProblem(Exception):
    """What was kept is not what reviewbot keeps: says why it is not read."""


class _Size(msgspec.Struct):
    before: _Bytes | None
    after: _Bytes
    base_image_before: _Bytes | None
    base_image_after: _Bytes
    compressed_before: _Bytes | None = None
    compressed_after: _Bytes | None = None
    compressed_is_estimate: bool = False


class _Layer(msgspec.Struct):
    instruction: _Words
    line: _Line | None
    before: _Bytes | None
    after: _Bytes | None
    change: LayerChange


class _Failure(msgspec.Struct):
    path: _Name
    line: _Line | None
    message: _Words
    log: _Log


class _Image(msgspec.Struct):
    name: _Name
    dockerfile: _Name
    platform: _Words
    status: ImageStatus
    target: _Words | None = None
    reason: _Words | None = None
    size: _Size | None = None
    layers: Annotated[tuple[_Layer, ...], msgspec.Meta(max_length=_MOST_LAYERS)] = ()
    failure: _Failure | None = None
    broken_budgets: Annotated[tuple[_Words, ...], msgspec.Meta(max_length=10)] = ()
    budgets_fail: bool = True
    notices: Annotated[tuple[_Words, ...], msgspec.Meta(max_length=50)] = ()


class _Report(msgspec.Struct):
    version: int
    head: str | None
    images: Annotated[tuple[_Image, ...], msgspec.Meta(max_length=_MOST_IMAGES)] = ()


class _Withdrawn(msgspec.Struct, array_like=True):
    rule: _Words
    subject: _Words
    ordinal: int
    reason: _Words


class _Remembered(_Report):
    findings: Annotated[tuple[Finding, ...], msgspec.Meta(max_length=_MOST_FINDINGS)] = ()
    withdrawn: Annotated[tuple[_Withdrawn, ...], msgspec.Meta(max_length=_MOST_WITHDRAWN)] = ()


class Remembered(msgspec.Struct, frozen=True):
    """What building told of a head: its images, what was found in them, and the fixes that broke one, with why."""

    images: tuple[ImageReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    withdrawn: Mapping[tuple[str, str, int], str] = msgspec.field(default_factory=dict)


def stored(review: Review) -> str | None:
    """The review's images, and what building told besides, in few characters; None where there are none.

    Where that is too much, sizes are left out before findings, and the least important findings before others.
    """
    if not review.images:
        return None
    told = report(review)
    # Only what is read again: with how long builds took, a run that has nothing new to say would write.
    images = [msgspec.convert(image, _Image, from_attributes=True) for image in told.images]
    findings = [replace(f, edits=(), log="") for f in most_important_first(review.from_images)[:_MOST_FINDINGS]]
    withdrawn = [[*key, reason[:_LONGEST_REASON]] for key, reason in sorted(review.withdrawn.items())[:_MOST_WITHDRAWN]]
    always = {"version": told.version, "head": told.head, "withdrawn": withdrawn}
    for kept_images, most in ((images, _MOST_FINDINGS), ([], _MOST_FINDINGS), ([], 20), ([], 5)):
        remembered = {**always, "images": kept_images, "findings": findings[:most]}
        data = json.dumps(msgspec.to_builtins(remembered)).encode()
        text = base64.b64encode(zlib.compress(data, 9)).decode()
        if len(text) <= _MOST_KEPT:
            return text
    return None


def restored(text: str, head: str) -> Remembered:
    """What a hidden state holds of the commit ``head``. Raises StoredProblem."""
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(text, validate=True), MOST_BYTES)
    except (binascii.Error, zlib.error) as problem:
        raise StoredProblem(f"it cannot be unpacked: {problem}") from None
    found = _decoded(data, head, _Remembered)
    withdrawn = {(each.rule, each.subject, each.ordinal): each.reason for each in found.withdrawn}
    return Remembered(tuple(map(_image, found.images)), found.findings, withdrawn)


def images_of(data: bytes, head: str) -> tuple[ImageReport, ...]:
    """The images of a JSON report about the commit ``head``, without their configurations.

    Raises StoredProblem for a report that is malformed, too large or about another commit.
    """
    return tuple(map(_image, _decoded(data, head, _Report).images))


def _decoded(data: bytes, head: str, shape: type[R]) -> R:
    if len(data) > MOST_BYTES:
        raise StoredProblem(f"it has more than {MOST_BYTES // 1_000_000} MB")
    try:
        found = msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise StoredProblem(f"it is no report of reviewbot: {problem}") from None
    if found.version != 1:
        raise StoredProblem(f"it is a report of version {found.version}, and version 1 is understood")
    if found.head != head:
        raise StoredProblem(f"it is about the commit {found.head!s:.60}, and this is about {head}")
    return found


def read_report(path: Path) -> bytes:
    """A JSON report's content as far as it is looked at. Raises StoredProblem for what is no file."""
    try:
        if path.is_symlink() or not path.is_file():
            raise StoredProblem("it is no file")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise StoredProblem(f"it cannot be read: {problem.strerror}") from None


def _image(image: _Image) -> ImageReport:
    size, failure = image.size, image.failure
    if image.status is ImageStatus.MEASURED and size is None:
        raise StoredProblem(f"the image {image.name[:60]!r} is said to be measured, and has no size")
    return ImageReport(
        spec=ImageSpec(image.name, image.dockerfile, "", image.target),
        status=image.status,
        platform=image.platform,
        reason=image.reason,
        size=ImageSize(**msgspec.structs.asdict(size)) if size else None,
        layers=tuple(LayerDelta(**msgspec.structs.asdict(layer)) for layer in image.layers),
        failure=BuildFailure(**msgspec.structs.asdict(failure)) if failure else None,
        broken_budgets=image.broken_budgets,
        budgets_fail=image.budgets_fail,
        notices=image.notices,
        is_read=False,
    )
