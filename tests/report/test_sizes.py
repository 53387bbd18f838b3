from __future__ import annotations

import pytest
from msgspec.structs import replace
from report.samples import DOES_NOT_BUILD, GROWN, NOT_BUILT, UNCHANGED

from reviewbot.image.model.report import ImageReport
from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta
from reviewbot.report.sizes import headline, heaviest, is_noise, parts


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ([], ""),
        ([NOT_BUILT], ""),
        ([GROWN], "image grows by 41.2 MB"),
        ([UNCHANGED], "image size unchanged at 148.2 MB"),
        ([GROWN, UNCHANGED], "images grow by 41.2 MB"),
        ([replace(GROWN, size=ImageSize(200_000_000, 150_000_000, 0, 0))], "image shrinks by 50.0 MB"),
        ([replace(GROWN, size=ImageSize(None, 150_000_000, None, 0))], "image of 150.0 MB"),
        ([GROWN, DOES_NOT_BUILD], "an image does not build"),
    ],
)
def test_says_in_a_few_words_what_happened(images: list[ImageReport], said: str) -> None:
    assert headline(images) == said


@pytest.mark.parametrize(
    ("difference", "before", "noise"),
    [
        (0, 0, True),
        (3_000, 148_000_000, True),
        (-3_000, 148_000_000, True),
        (200_000, 148_000_000, False),
        (50_000, 1_000_000, False),
    ],
)
def test_a_few_bytes_are_noise(difference: int, before: int, noise: bool) -> None:
    assert is_noise(difference, before) is noise


def test_the_parts_add_up_to_the_difference() -> None:
    image = replace(
        GROWN,
        size=ImageSize(100_000_000, 130_000_000, 70_000_000, 75_000_000),
        layers=(LayerDelta("RUN apt-get update", 2, 5_000_000, 5_400_000, LayerChange.DRIFT),),
    )
    assert parts(image) == [("base image", 5_000_000), ("instructions", 24_600_000), ("drift", 400_000)]


def test_drift_is_not_blamed_on_a_line() -> None:
    assert heaviest(UNCHANGED, 3) == []
    assert [layer.line for layer in heaviest(GROWN, 3)] == [2, 4]
