"""Variables in Compose files mean what ``docker compose config`` makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.source.interpolation import interpolate, variables_in


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("${SET}", "one"),
        ("$SET.x${SET}y", "one.xoney"),
        ("${UNSET}", None),
        ("a$UNSET", None),
        ("${UNSET:-16}", "16"),
        ("${EMPTY:-16}", "16"),
        ("${EMPTY-16}", ""),
        ("${SET:-16}", "one"),
        ("${UNSET:-${OTHER:-x}}", "x"),
        ("${UNSET:-${OTHER}}", None),
        ("${UNSET-}|${UNSET:+b}|${UNSET+b}", "||"),
        ("${SET:+b}${EMPTY:+b}${EMPTY+b}", "bb"),
        ("${SET:?why}", "one"),
        ("${UNSET:?why}", None),
        ("${EMPTY:?why}", None),
        ("${EMPTY?why}", ""),
        ("$$x$${y}", "$x${y}"),
        ("${UNSET:-$$}", "$"),
        ("${UNSET:-a:b?c}", "a:b?c"),
        ("${UNSET:-a}b}c", "ab}c"),
        ("${UNSET:-a{b}c}", "a{b}c"),
        ("${UNSET-}}", "}"),
        ("a$ $1", "a$ $1"),
        ("${", None),
        ("${1}", None),
        ("${A", None),
        ("${A b}", None),
        ("${a:-" * 5000 + "}" * 5000, None),
    ],
)
def test_values(value, expected):
    assert interpolate(value, {"SET": "one", "EMPTY": ""}) == expected


def test_the_variables_of_a_value():
    assert list(variables_in("$A ${B:-${C}} $$D ${E")) == ["A", "B", "C", "E"]


@given(st.text("${}:-+?AB _", max_size=60))
def test_any_text_has_an_outcome(value):
    resolved = interpolate(value)
    assert resolved is None or isinstance(resolved, str)
