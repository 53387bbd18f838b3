from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from report.samples import (
    APT_FIX,
    APT_YES,
    BUILD_FAILURE,
    CLEAN,
    DOCKERFILE,
    DOES_NOT_BUILD,
    NOT_BUILT,
    REMOVED_USER,
    REVIEW,
    USER_FIX,
    at,
    comment,
)
from wcwidth import wcswidth

from reviewbot.finding import Location
from reviewbot.image.model.size import ImageSize
from reviewbot.outcome import Review
from reviewbot.report.excerpt import excerpt
from reviewbot.report.terminal import terminal_report
from reviewbot.source.text import Span, Text

ADDS_USER = replace(USER_FIX, findings=(REMOVED_USER,))
KINDS = {
    "problems": REVIEW,
    "clean": CLEAN,
    "removed-line": replace(
        REVIEW,
        findings=(REMOVED_USER,),
        suggestions=(ADDS_USER,),
        comments=(comment(REMOVED_USER, suggestion=ADDS_USER),),
    ),
    "build-failure": replace(CLEAN, findings=(BUILD_FAILURE,), images=(NOT_BUILT, DOES_NOT_BUILD)),
}
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("kind", KINDS)
def test_reads_well(kind: str, matches_snapshot: Callable[[str, str], None]) -> None:
    matches_snapshot(f"terminal-{kind}.txt", terminal_report(KINDS[kind]))


def test_colour_changes_nothing_but_colour(matches_snapshot: Callable[[str, str], None]) -> None:
    coloured = terminal_report(REVIEW, color=True)
    matches_snapshot("terminal-color.txt", coloured)
    assert ANSI.sub("", coloured) == terminal_report(REVIEW)


def shown(content: str, quoted: str, width: int = 60) -> tuple[str, str]:
    [line] = excerpt(text := Text("f", content), at(text, quoted), width)
    return line.text, line.marks


def under(text: str, marks: str) -> str:
    """What stands over the marks, by columns of the screen."""
    columns = [character for character in text for _ in range(max(0, wcswidth(character)))]
    marked = [c for c, mark in zip(columns, marks.ljust(len(columns)), strict=False) if mark == "^"]
    return "".join(marked)


@pytest.mark.parametrize(
    ("content", "quoted", "over"),
    [
        ("RUN curl -k x\n", "-k", "-k"),
        ("\tRUN\tcurl -k x\n", "-k", "-k"),
        ("RUN echo 漢字 -k\n", "-k", "-k"),
        ("RUN echo 漢字 -k\n", "漢字", "漢漢字字"),
        ("RUN echo e\u0301\u0301 -k\n", "-k", "-k"),
        ("RUN echo \u202e\x1b -k\n", "-k", "-k"),
        ("\ufeffRUN -k\n", "-k", "-k"),
        ("RUN ##[group]x -k\n", "-k", "-k"),
        ("CMD x", "x", "x"),
    ],
)
def test_marks_stand_under_the_exact_columns(content: str, quoted: str, over: str) -> None:
    text, marks = shown(content, quoted)
    assert under(text, marks) == over


@pytest.mark.parametrize("lead", [0, 30, 59, 60, 61, 500, 90_000])
def test_a_long_line_is_cut_around_the_marks(lead: int) -> None:
    text, marks = shown(f"{'a' * lead}-k{'b' * 5000}\n", "-k")
    assert under(text, marks) == "-k"
    assert wcswidth(text) <= 60


def test_a_place_at_the_end_of_a_line_is_marked() -> None:
    text = Text("f", "RUN x\nRUN y\n")
    [line] = excerpt(text, Location.of(text, Span(5, 5)))
    assert (line.text, line.marks) == ("RUN x", "     ^")


def test_of_several_lines_each_is_marked_from_its_indentation() -> None:
    text = Text("f", "RUN a && \\\n    b && \\\n    c\n")
    lines = excerpt(text, at(text, text.content.rstrip("\n")))
    assert [(line.number, under(line.text, line.marks)) for line in lines] == [
        (1, "RUN a && \\"),
        (2, "b && \\"),
        (3, "c"),
    ]


@pytest.mark.parametrize(
    "location", [Location("f", 99, 1, 99, 5), Location("f", 1, 900, 1, 901), Location("f", 2, 1, 1, 1)]
)
def test_a_place_that_the_file_does_not_have_is_no_problem(location: Location) -> None:
    excerpt(Text("f", "RUN x\n"), location)


def hostile(name: str) -> Review:
    finding = replace(
        APT_YES,
        location=replace(APT_YES.location, path=name),
        **dict.fromkeys(("message", "why", "advice", "evidence", "rule"), f"{name} {name}"),
        log=f"{name}\n{name}",
    )
    fix = replace(APT_FIX, path=name, replacement=f"{name}\n", findings=(finding,))
    return replace(
        KINDS["build-failure"],
        findings=(finding,),
        comments=(comment(finding, suggestion=fix),),
        texts={name: Text(name, f"{name}\nRUN x {name}\n")},
        images=tuple(replace(i, spec=replace(i.spec, name=name), reason=name) for i in (*REVIEW.images, NOT_BUILT)),
    )


@pytest.mark.parametrize(
    "name",
    ["\x1b[2J\x1b]0;gone\x07x", "a\nb\rc", "\x9b31m", "\u202eelif", "\u2066a\u2069", "\udcff", "::error::x", "a ##[x]"],
)
def test_a_change_cannot_drive_the_terminal_or_the_runner(name: str) -> None:
    said = terminal_report(hostile(name))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", said)
    assert "##[" not in said
    assert not re.search(r"^\s*::", said, re.MULTILINE)


def test_wraps_to_the_screen() -> None:
    finding = replace(APT_YES, why="word " * 200)
    said = terminal_report(replace(REVIEW, findings=(finding,), images=(), comments=()), width=72)
    assert all(len(line) <= 72 for line in said.splitlines() if line.startswith("  word"))


def test_names_the_next_step() -> None:
    assert "`reviewbot fix` applies the 3 fixes" in terminal_report(REVIEW)
    assert "reviewbot fix" not in terminal_report(CLEAN)
    assert DOCKERFILE.path in terminal_report(REVIEW)


def test_an_insertion_is_told_by_what_it_stands_next_to() -> None:
    fix = replace(APT_FIX, first_line=5, last_line=5, replacement="EXPOSE 8080\nUSER app\n")
    review = replace(REVIEW, findings=(APT_YES,), suggestions=(replace(fix, findings=(APT_YES,)),), comments=())
    assert "\n    EXPOSE 8080\n  + USER app\n    CMD ./serve --port 8080\n" in terminal_report(review)


def test_a_long_fix_is_cut_and_so_is_a_long_log() -> None:
    fix = replace(APT_FIX, replacement="RUN x\n" * 500)
    finding = replace(APT_YES, log="".join(f"step {n}\n" for n in range(500)))
    review = replace(REVIEW, findings=(finding,), suggestions=(replace(fix, findings=(finding,)),), comments=())
    said = terminal_report(review)
    assert "more lines" in said
    assert "step 499" in said
    assert said.count("\n") < 130


def test_where_only_an_image_was_looked_at_it_is_named_once() -> None:
    measured = replace(REVIEW.images[0], size=ImageSize(None, 74_000_000, None, 0))
    review = replace(REVIEW, findings=(), suggestions=(), comments=(), files=(), fixed=(), images=(measured,))
    assert "\n1 image of 74.0 MB; over budget." in terminal_report(review)
