"""Tags read as versions."""

from __future__ import annotations

import pytest

from reviewbot.registry.tags import is_moving, more_exact, newest_patch, smaller_variants

TAGS = [
    "1.2.3",
    "1.2.4",
    "1.2",
    "1",
    "latest",
    "1.2.4-slim",
    "1.2-slim",
    "2.0.0-rc1",
    "2.0.0-alpha1",
    "v1.2.5",
    "1.10.0",
]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("1", ["1.10.0", "1.2.4", "1.2.3", "1.2"]),
        ("1.2", ["1.2.4", "1.2.3"]),
        ("1.2.4", []),
        ("latest", ["1.10.0", "1.2.4", "1.2.3", "1.2", "1"]),
        ("1.2-slim", ["1.2.4-slim"]),
        ("slim", ["1.2.4-slim", "1.2-slim"]),
        ("stable-slim", ["1.2.4-slim", "1.2-slim"]),
        ("bookworm", []),
    ],
)
def test_what_may_be_the_exact_name_of_a_tag(tag, expected):
    assert more_exact(tag, TAGS) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("1.2.3", "1.2.4"),
        ("1.2.4", None),
        ("1.2", None),
        ("latest", None),
        ("v1.2.3", "v1.2.5"),
        ("1.2.3-slim", "1.2.4-slim"),
    ],
)
def test_the_newest_patch_is_of_the_same_series_and_variant(tag, expected):
    assert newest_patch(tag, TAGS) == expected


@pytest.mark.parametrize(
    ("name", "tag", "expected"),
    [
        ("debian", "12.5-slim", "12.8-slim"),
        ("postgres", "12.5", "12.6"),
        ("node", "12.5", None),
        ("debian", "12-slim", None),
        ("postgres", "12.6", None),
    ],
)
def test_some_images_have_their_patches_in_the_second_number(name, tag, expected):
    assert newest_patch(tag, ["12.5-slim", "12.8-slim", "12-slim", "12.6", "13.1", "12.5.1"], name) == expected


@pytest.mark.parametrize("tag", ["latest", "stable", "lts-alpine", "20", "20-alpine", "edge", "v3", "mainline-slim"])
def test_tags_that_move(tag):
    assert is_moving(tag)


@pytest.mark.parametrize(
    "tag", ["20.1.0", "12.8", "20240101", "bookworm-slim", "1.2.3-alpine3.20", "cuda-12", "v1.2.3"]
)
def test_tags_that_do_not_move_or_may_not(tag):
    assert not is_moving(tag)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("3.12.7", ("3.12.7-slim", "3.12.7-alpine")),
        ("3.12.7-bookworm", ("3.12.7-slim-bookworm", "3.12.7-bookworm-slim", "3.12.7-alpine")),
        ("latest", ("slim", "alpine")),
        ("3.12.7-slim", ()),
        ("3.12.7-alpine3.20", ()),
    ],
)
def test_where_smaller_variants_are(tag, expected):
    assert smaller_variants(tag) == expected
