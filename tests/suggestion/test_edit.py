"""Edits change their own characters and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.finding import Edit
from reviewbot.source.text import Span, Text
from reviewbot.suggestion.edit import EditConflict, LineBlock, apply_edits, as_lines, replace_lines


def text(content: str) -> Text:
    return Text("Dockerfile", content)


def edit(start: int, end: int, replacement: str) -> Edit:
    return Edit("Dockerfile", Span(start, end), replacement)


def test_edits_are_applied_at_once_whatever_their_order():
    assert apply_edits(text("abcdef"), [edit(4, 5, "E"), edit(1, 2, "B")]).content == "aBcdEf"


def test_equal_edits_count_once():
    assert apply_edits(text("abc"), [edit(1, 1, "-"), edit(1, 1, "-")]).content == "a-bc"


def test_insertions_at_one_point_keep_their_order():
    assert apply_edits(text("ab"), [edit(1, 1, "1"), edit(1, 1, "2")]).content == "a12b"


@pytest.mark.parametrize(
    ("one", "other"),
    [(edit(0, 3, "x"), edit(2, 4, "y")), (edit(1, 2, "x"), edit(1, 2, "y")), (edit(0, 4, ""), edit(2, 2, "y"))],
)
def test_edits_that_want_the_same_characters_conflict(one, other):
    with pytest.raises(EditConflict):
        apply_edits(text("abcdef"), [one, other])


@pytest.mark.parametrize(
    ("content", "made", "block", "replacement"),
    [
        ("one\ntwo\nthree\n", edit(4, 7, "TWO"), LineBlock(2, 2), "TWO\n"),
        ("one\ntwo\nthree\n", edit(4, 4, "new\n"), LineBlock(2, 2), "new\ntwo\n"),
        ("one\r\ntwo\r\n", edit(5, 8, "TWO"), LineBlock(2, 2), "TWO\r\n"),
        ("one\ntwo", edit(7, 7, "\nthree"), LineBlock(2, 2), "two\nthree"),
        ("one\ntwo\n", edit(8, 8, "three\n"), LineBlock(2, 2), "two\nthree\n"),
        ("one\ntwo\nthree\n", edit(4, 8, ""), LineBlock(2, 2), ""),
        ("", edit(0, 0, "all\n"), LineBlock(1, 0), "all\n"),
    ],
)
def test_an_edit_becomes_a_replacement_of_whole_lines(content, made, block, replacement):
    assert as_lines(text(content), [made]) == (block, replacement)


@st.composite
def edited(draw):
    content = draw(st.text(alphabet="ab \t\r\n\u00e9\ufeff", max_size=60))
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), min_size=2, max_size=6)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return content, [edit(a, b, draw(st.text(alphabet="xy\n", max_size=5))) for a, b in pairs]


@given(edited())
def test_the_replacement_of_lines_does_what_the_edits_do(case):
    content, edits = case
    try:
        expected = apply_edits(text(content), edits)
    except EditConflict:
        return
    block, replacement = as_lines(text(content), edits)
    assert replace_lines(text(content), block, replacement) == expected


@given(edited())
def test_bytes_outside_the_edits_stay(case):
    content, edits = case
    try:
        after = apply_edits(text(content), edits).content
    except EditConflict:
        return
    first, last = min(e.span.start for e in edits), max(e.span.end for e in edits)
    assert after.startswith(content[:first])
    assert after.endswith(content[last:])
