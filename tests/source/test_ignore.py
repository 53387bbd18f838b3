"""``.dockerignore``: what is left out is what Docker leaves out."""

from __future__ import annotations

import pytest
from e2b_dockerfile_utils import PatternMatcher
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.source.ignore import parse_ignore
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text


def ignore(content: str):
    return parse_ignore(Text(".dockerignore", content))


def test_patterns_are_cleaned_and_know_their_place():
    content = "\ufeff# comment\r\n\r\n  /a/../node_modules/  \r\n!keep/me\r\n #name\r\n"
    patterns = ignore(content).patterns
    assert [(p.pattern, p.negated, p.line) for p in patterns] == [
        ("node_modules", False, 3),
        ("keep/me", True, 4),
        ("#name", False, 5),
    ]
    assert [content[p.span.start : p.span.end] for p in patterns] == ["/a/../node_modules/", "!keep/me", "#name"]


@pytest.mark.parametrize(
    ("patterns", "excluded", "kept"),
    [
        ("node_modules", ["node_modules", "node_modules/a/b"], ["web/node_modules", "node_modules2"]),
        ("**/node_modules", ["node_modules", "web/node_modules/a"], ["web/node_modules2"]),
        ("*.md\n!README.md", ["a.md"], ["README.md", "docs/a.md"]),
        ("!README.md\n*.md", ["README.md"], []),
        ("*\n!src\nsrc/*.log", ["a", "src/x.log"], ["src/a.py", "src/deep/x.log"]),
        ("**/*.log", ["a.log", "b/c.log"], ["a.log.txt"]),
        ("docs/**", ["docs/a", "docs/a/b"], ["docs", "doc"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["a/bz"]),
        ("[a-c]?.txt", ["ab.txt"], ["db.txt", "a/.txt"]),
        ("\\*", ["*"], ["a"]),
        (".", [], ["a"]),
        ("**", ["a", "a/b"], []),
        ("", [], ["a"]),
    ],
)
def test_what_is_excluded(patterns, excluded, kept):
    file = ignore(patterns)
    assert [path for path in [*excluded, *kept] if file.excludes(path)] == excluded


@pytest.mark.parametrize(
    ("content", "line", "column"), [("a\n[b\n", 2, 1), ("  !  \n", 1, 3), ("a\n!/.\n", 2, 1), ("a" * 2000, 1, 1)]
)
def test_a_pattern_that_docker_refuses_is_said_with_its_place(content, line, column):
    with pytest.raises(SourceProblem) as caught:
        ignore(content)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_hostile_patterns_take_no_time():
    path = "/".join(["a" * 50] * 80)
    for pattern in (
        "**/a*/" * 100 + "b",
        "*a" * 200 + "b",
        "**" * 300 + "b",
        "***" * 200 + "/b",
        "[a-z]*" * 100 + "/x/*y",
    ):
        assert not ignore(pattern).excludes(path)


NAMES = st.sampled_from(["a", "b", "ab", "a.b", ".a", "*", "[a]"])
PIECES = st.sampled_from(
    [
        *("a", "b", "ab", "*", "**", "***", "/", "**/", "/**", "?", "[ab]", "[^a]", "[[]", "[\\[]", "[a-", "]"),
        *("\\", "\\*", ".", "..", "!", "#", " ", "$"),
    ]
)
PATTERN = st.lists(PIECES, min_size=1, max_size=8).map("".join)


@pytest.mark.filterwarnings("ignore:Possible")
@settings(max_examples=500, deadline=None)
@given(
    st.lists(PATTERN, min_size=1, max_size=5),
    st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), min_size=1, max_size=5),
    st.booleans(),
)
def test_it_agrees_with_the_port_of_dockers_own_matcher(patterns, paths, slowly):
    try:
        oracle = PatternMatcher(patterns)
    except ValueError:
        oracle = None
    if oracle is None or "!/" in map(str, oracle.patterns):  # the port lets that pass, a build does not
        with pytest.raises(SourceProblem):
            ignore("\n".join(patterns))
        return
    file = ignore("\n".join(patterns))
    with pytest.MonkeyPatch.context() as patch:
        if slowly:
            patch.setattr("reviewbot.source.ignore_pattern._MAX_STEPS", 0)
        for path in paths:
            assert file.excludes(path) == oracle.matches(path), (oracle.patterns, path)
