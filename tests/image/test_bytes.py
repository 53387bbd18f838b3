from __future__ import annotations

import pytest

from reviewbot.image.bytes import format_bytes


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (41_200_000, "41.2 MB"),
        (1_240_000_000, "1.24 GB"),
        (5_000_000_000_000_000, "5000.00 TB"),
        (-3_100, "-3.1 kB"),
    ],
)
def test_sizes_are_decimal(size: int, said: str) -> None:
    assert format_bytes(size) == said


def test_a_difference_carries_its_sign() -> None:
    assert [format_bytes(n, sign=True) for n in (41_200_000, -3_100, 0)] == ["+41.2 MB", "-3.1 kB", "0 B"]
