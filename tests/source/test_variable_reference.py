"""Which variables a text refers to, as the builder and a shell read it."""

from __future__ import annotations

import pytest

from reviewbot.source.variable_reference import references


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("$A ${B} ${C}d$E", ["A", "B", "C", "E"]),
        ("'$A' \"$B\" \"'$C'\" '\"$D'", ["B", "C"]),
        (r"\$A \\$B '\'$C", ["B", "C"]),
        ("$1 $@ $(date) ${#A} $$ 5$ $", []),
        ("", []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert [found.name for found in references(text)] == names


def test_a_back_tick_escapes_where_the_file_says_so() -> None:
    assert [found.name for found in references("`$A C:\\$B", "`")] == ["B"]


@pytest.mark.parametrize(
    ("text", "has_default"),
    [("${A}", False), ("${A:-x}", True), ("${A-x}", True), ("${A:+x}", True), ("${A:=x}", True), ("${A:?x}", False)],
)
def test_defaults(text: str, has_default: bool) -> None:
    assert [found.has_default for found in references(text)] == [has_default]


def test_where_they_stand() -> None:
    assert [found.start for found in references("a $B ${C}")] == [2, 5]
