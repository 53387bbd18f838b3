"""One comment for each place, on lines that GitHub takes."""

from __future__ import annotations

from core import change_between
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.change.model import Change
from reviewbot.finding import Edit, Finding, Location, Severity, Side
from reviewbot.outcome import Comment, Suggestion
from reviewbot.placement import comments_for
from reviewbot.source.text import Span
from reviewbot.suggestion.suggest import Suggestions

LINES = [f"line {n}\n" for n in range(1, 41)]
CHANGE = change_between(
    {"Dockerfile": "".join(LINES), "gone": "x\n"},
    {"Dockerfile": "".join(["new\n" if n in (10, 30) else line for n, line in enumerate(LINES, 1)])},
)
"""Lines 10 and 30 are new: 7 to 13 and 27 to 33 are in the diff."""


def finding(rule: str, line: int, severity: Severity = Severity.WARNING, *, side: Side = Side.RIGHT, fixable: bool = False,
            path: str = "Dockerfile") -> Finding:  # fmt: skip
    edits = (Edit(path, Span(0, 1), "x"),) if fixable else ()
    return Finding(rule, severity, Location(path, line, 1, line, 5, side), rule, "s", edits=edits)


def suggestion(
    first: int, last: int, *findings: Finding, path: str = "Dockerfile", creates: bool = False
) -> Suggestion:
    return Suggestion(path, first, last, "new\n", findings, creates_file=creates)


def placed(*findings: Finding, inline: tuple[Suggestion, ...] = (), apart: tuple[Suggestion, ...] = (),
           change: Change = CHANGE) -> tuple[Comment, ...]:  # fmt: skip
    return comments_for(findings, Suggestions(inline, apart), change)


def test_findings_of_one_line_that_no_edit_mends_are_told_together() -> None:
    a, b, c = finding("a", 10), finding("b", 10, Severity.ERROR), finding("c", 11)
    first, second = placed(a, b, c)

    assert (first.findings, second.findings) == ((b, a), (c,))
    assert (first.start_line, first.line, first.suggestion, first.is_placeable) == (10, 10, None, True)


def test_the_most_important_comes_first() -> None:
    info, error, warning = finding("i", 8, Severity.INFO), finding("e", 12, Severity.ERROR), finding("w", 7)

    assert [comment.findings[0].rule for comment in placed(info, error, warning)] == ["e", "w", "i"]


def test_what_one_suggestion_mends_is_told_once_on_its_lines() -> None:
    a, b, other = finding("a", 9, fixable=True), finding("b", 11, fixable=True), finding("c", 11)
    fix = suggestion(9, 11, a, b)
    first, second = placed(a, b, other, inline=(fix,))

    assert first.findings == (a, b)
    assert (first.start_line, first.line, first.suggestion) == (9, 11, fix)
    assert first.is_placeable and first.is_applicable
    assert (second.findings, second.suggestion) == ((other,), None)


def test_a_fix_outside_of_the_diff_is_shown_but_cannot_be_applied() -> None:
    a = finding("a", 10, fixable=True)
    (comment,) = placed(a, inline=(suggestion(10, 20, a),))

    assert (comment.start_line, comment.line, comment.is_placeable, comment.is_applicable) == (10, 10, True, False)


def test_lines_of_two_hunks_are_no_place() -> None:
    a = finding("a", 20)
    spanning = finding("b", 13, fixable=True)
    unplaced, partly = placed(a, spanning, inline=(suggestion(13, 27, spanning),))

    assert {comment.findings[0].rule: comment.is_placeable for comment in (unplaced, partly)} == {"a": False, "b": True}
    assert not partly.is_applicable


def test_a_fix_that_stands_apart_or_in_another_file_cannot_be_applied_by_a_click() -> None:
    a, b, c = finding("a", 8, fixable=True), finding("b", 10, fixable=True), finding("c", 12, fixable=True)
    elsewhere = suggestion(1, 0, b, path=".dockerignore", creates=True)
    comments = placed(a, b, c, inline=(elsewhere, suggestion(12, 11, c)), apart=(suggestion(8, 8, a),))

    assert [comment.is_applicable for comment in comments] == [False, False, False]
    assert [comment.is_placeable for comment in comments] == [True, True, True]
    assert [comment.line for comment in comments] == [8, 10, 12]


def test_a_removed_line_is_placed_on_the_left() -> None:
    removed, kept = finding("a", 10, side=Side.LEFT), finding("b", 10)
    left, right = placed(removed, kept)

    assert (left.side, left.is_placeable, left.findings) == (Side.LEFT, True, (removed,))
    assert (right.side, right.findings) == (Side.RIGHT, (kept,))
    (outside,) = placed(finding("a", 20, side=Side.LEFT))
    assert not outside.is_placeable


def test_a_file_that_the_change_does_not_touch_has_no_place() -> None:
    (comment,) = placed(finding("a", 1, path="compose.yaml"))

    assert not comment.is_placeable


FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from("abc"),
        st.integers(1, 40),
        st.sampled_from(Severity),
        side=st.sampled_from(Side),
        fixable=st.booleans(),
    ),
    unique=True,
    max_size=15,
)


@given(FINDINGS, st.data())
def test_every_finding_is_in_one_comment(findings: list[Finding], data: st.DataObject) -> None:
    fixable = [f for f in findings if f.edits and data.draw(st.booleans())]
    made = tuple(suggestion(f.location.line, f.location.line, f) for f in fixable)
    comments = placed(*findings, inline=made)

    assert sorted(map(id, (f for comment in comments for f in comment.findings))) == sorted(map(id, findings))
    for comment in comments:
        assert {f.location.side for f in comment.findings} == {comment.side}
        assert comment.findings[0].severity == max(f.severity for f in comment.findings)
        if comment.is_placeable:
            assert 7 <= comment.start_line <= comment.line <= 13 or 27 <= comment.start_line <= comment.line <= 33
    order = [comment.findings[0].severity for comment in comments]
    assert order == sorted(order, reverse=True)
