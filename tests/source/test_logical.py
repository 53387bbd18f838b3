"""Text put together from pieces of a file keeps the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.source.logical import LogicalText
from reviewbot.source.text import Span

CONTENT = "".join(chr(ord("a") + number) for number in range(26))


@st.composite
def logical_texts(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 26), min_size=2, max_size=10)))
    return LogicalText.joined(CONTENT, [Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)])


@given(logical_texts())
def test_each_character_knows_its_offset(logical):
    assert "".join(CONTENT[logical.offset(index)] for index in range(len(logical.text))) == logical.text
    assert all(logical.index(logical.offset(index)) == index for index in range(len(logical.text)))


@given(logical_texts(), st.data())
def test_a_slice_is_the_same_text_at_the_same_place(logical, data):
    start = data.draw(st.integers(0, len(logical.text)))
    end = data.draw(st.integers(start, len(logical.text)))
    part = logical.slice(start, end)
    assert part.text == logical.text[start:end]
    assert part.file_span == logical.span(start, end)


@given(logical_texts(), st.data())
def test_selected_characters_keep_their_places(logical, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(logical.text), max_size=len(logical.text)))
    indices = [index for index, keep in enumerate(kept) if keep]
    selected = logical.select(indices)
    assert [selected.offset(n) for n in range(len(indices))] == [logical.offset(index) for index in indices]


def test_an_empty_text_still_has_a_place():
    assert LogicalText.whole(CONTENT, Span(5, 5)).file_span == Span(5, 5)
    assert LogicalText.whole(CONTENT, Span(3, 9)).slice(2, 2).file_span == Span(5, 5)


def test_another_text_of_the_same_length_stands_at_the_same_places():
    logical = LogicalText.whole(CONTENT, Span(3, 6))
    assert logical.with_text("xyz").span(1, 2) == Span(4, 5)
    with pytest.raises(ValueError, match="length"):
        logical.with_text("xy")
