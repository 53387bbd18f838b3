"""A file's text: what came in goes out, and every offset has its line and column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Span, Text


@given(st.binary(max_size=200))
def test_bytes_come_out_as_they_went_in(data):
    assert Text.from_bytes("Dockerfile", data).to_bytes() == data


@given(st.text(alphabet="ab\r\n", max_size=40), st.data())
def test_offset_and_position_are_each_other_s_reverse(content, data):
    text = Text("Dockerfile", content)
    offset = data.draw(st.integers(0, len(content)))
    assert text.offset(*text.position(offset)) == offset


@given(st.text(alphabet="ab\r\n", max_size=40))
def test_lines_are_those_git_counts(content):
    text = Text("Dockerfile", content)
    lines = [text[text.line_span(number)] for number in range(1, text.line_count + 1)]
    assert "".join(lines) == content
    assert all(line.endswith("\n") for line in lines[:-1])


def test_a_byte_order_mark_has_no_column():
    text = Text("Dockerfile", "\ufeffFROM x\nRUN y\n")
    assert text.position(1) == (1, 1)
    assert text.position(9) == (2, 2)


@pytest.mark.parametrize(("content", "newline"), [("a\r\nb\n", "\r\n"), ("a\nb\r\n", "\n"), ("a", "\n"), ("", "\n")])
def test_the_first_line_tells_the_line_end(content, newline):
    assert Text("Dockerfile", content).newline == newline


def test_a_span_s_last_newline_does_not_pull_in_the_next_line():
    text = Text("Dockerfile", "one\ntwo\nthree\n")
    assert text.lines_of(Span(0, 4)) == (1, 1)
    assert text.lines_of(Span(0, 5)) == (1, 2)
    assert text.lines_of(Span(4, 4)) == (2, 2)


def test_lines_before_the_first_and_past_the_last():
    text = Text("Dockerfile", "one\n  two")
    assert text.lines_span(2, 1) == Span(4, 4)
    assert text.lines_span(3, 2) == Span(9, 9)
    assert text.line_text(2) == "  two"
    assert text.indentation(2) == "  "


def test_spans_touch_where_they_share_a_character_or_an_insertion_stands_at_one():
    assert Span(0, 2).touches(Span(1, 3))
    assert not Span(0, 2).touches(Span(2, 3))
    assert Span(2, 2).touches(Span(0, 2))
    assert not Span(3, 3).touches(Span(0, 2))
    assert Span(0, 5).contains(Span(2, 5))
    assert not Span(0, 5).contains(Span(2, 6))


def test_a_span_that_ends_before_it_starts_is_none():
    with pytest.raises(ValueError, match="not a span"):
        Span(3, 2)


def test_a_problem_says_what_and_where():
    problem = SourceProblem("unterminated heredoc", 3, 5)
    assert (str(problem), problem.message, problem.line, problem.column) == (
        "unterminated heredoc",
        "unterminated heredoc",
        3,
        5,
    )
