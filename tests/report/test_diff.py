from __future__ import annotations

import pytest
from report.samples import APT_YES

from reviewbot.outcome import Suggestion
from reviewbot.report.diff import compact_diff, suggestion_diff
from reviewbot.source.text import Text


def diff(before: str | None, first: int, last: int, replacement: str) -> list[str]:
    text = None if before is None else Text("f", before)
    return [
        str(line) for line in suggestion_diff(Suggestion("f", first, last, replacement, (APT_YES,)), text, context=1)
    ]


@pytest.mark.parametrize(
    ("before", "first", "last", "replacement", "expected"),
    [
        ("a\nb\nc\n", 2, 2, "x\n", ["@@ -1,3 +1,3 @@", " a", "-b", "+x", " c"]),
        ("a\nb\nc\n", 2, 2, "", ["@@ -1,3 +1,2 @@", " a", "-b", " c"]),
        ("a\nb\nc\n", 2, 1, "x\n", ["@@ -1,2 +1,3 @@", " a", "+x", " b"]),
        ("a\nb", 2, 2, "b\nx\n", ["@@ -1,2 +1,3 @@", " a", "-b", "+b", "+x"]),
        ("", 1, 0, "x\ny\n", ["@@ -0,0 +1,2 @@", "+x", "+y"]),
        (None, 1, 0, "x\n", ["@@ -0,0 +1 @@", "+x"]),
        ("a\r\nb\r\n", 1, 1, "x\r\n", ["@@ -1,2 +1,2 @@", "-a", "+x", " b"]),
        ("a\r\n", 1, 1, "a\n", ["@@ -1 +1 @@", "-a\r", "+a"]),
        ("a\nb\n", 2, 2, "x\x0cy\u2028z\n", ["@@ -1,2 +1,2 @@", " a", "-b", "+x\x0cy\u2028z"]),
    ],
)
def test_shows_the_lines_and_their_neighbours(
    before: str | None, first: int, last: int, replacement: str, expected: list[str]
) -> None:
    assert diff(before, first, last, replacement) == expected


def test_a_huge_block_is_shown_as_replaced_altogether() -> None:
    lines = diff("x\n" * 3000, 1, 3000, "x\ny\n" * 1500)
    assert len(lines) == 6001


def test_between_changed_lines_stand_the_unchanged_ones_and_around_them_none() -> None:
    before = "FROM golang\nCOPY . .\nRUN go mod download\nRUN go build\n"
    text = Text("f", before)
    fix = "COPY go.mod ./\nRUN go mod download\nCOPY . .\n"
    lines = compact_diff(Suggestion("f", 2, 3, fix, (APT_YES,)), text)
    assert [f"{line.mark}{line.text}" for line in lines] == [
        "+COPY go.mod ./",
        "+RUN go mod download",
        " COPY . .",
        "-RUN go mod download",
    ]


def test_many_unchanged_lines_are_left_out_and_an_insertion_has_its_neighbours() -> None:
    text = Text("f", "".join(f"{n}\n" for n in range(1, 21)))
    middle = "".join(f"{n}\n" for n in range(3, 19))
    far = compact_diff(Suggestion("f", 2, 19, f"x\n{middle}y\n", (APT_YES,)), text)
    assert "".join(line.mark + line.text for line in far) == "-2+x 3 4 5 … 16 17 18-19+y"
    inserted = compact_diff(Suggestion("f", 2, 1, "x\n", (APT_YES,)), text)
    assert "".join(line.mark + line.text for line in inserted) == " 1+x 2"
