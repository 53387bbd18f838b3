"""Nodes and where they stand: every span is exact, and nothing that a file holds breaks the reader."""

from __future__ import annotations

import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Span, Text
from reviewbot.source.yaml_careful import careful_events
from reviewbot.source.yaml_quick import NotQuick, quick_events
from reviewbot.source.yaml_reader import MAX_CHARACTERS, _composed, read_yaml


def read(content: str):
    return read_yaml(Text("compose.yaml", content))


def written(content: str, *keys: str) -> str:
    node = read(content).root.get(*keys)
    assert node is not None
    return content[node.span.start : node.span.end]


def problem(content: str) -> SourceProblem:
    with pytest.raises(SourceProblem) as caught:
        read(content)
    return caught.value


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: plain words \n", "plain words"),
        ("a: plain # comment\n", "plain"),
        ('a: "quo\\"ted"   # x\n', '"quo\\"ted"'),
        ("a: 'it''s'\n", "'it''s'"),
        ("a: first\n  second\nb: 1\n", "first\n  second"),
        ("a: |\n  one\n  two\n\n\n# comment\nb: 1\n", "|\n  one\n  two"),
        ("a: >-  # header\n  one\n\n  two\n  \nb: 1\n", ">-  # header\n  one\n\n  two"),
        ("a: |\n  one\n  two", "|\n  one\n  two"),
        ("a: [x, 'y', {z: 1}]  # c\n", "[x, 'y', {z: 1}]"),
        ("a: {\n  x: 1,\n}\nb: 2\n", "{\n  x: 1,\n}"),
        ("a:\n  x: 1\n  y:\n\n# c\nb: 2\n", "x: 1\n  y:"),
        ("a:\n  - 1\n  -\n\nb: 2\n", "- 1\n  -"),
        ("a:\n- 1\n- x: 2\n  y: 3\n# c\nb: 2\n", "- 1\n- x: 2\n  y: 3"),
        ("a: &n value\nb: *n\n", "value"),
        ("a: !reset null\n", "null"),
        ("a: !reset\nb: 1\n", ""),
        ("a: &n !!str  # c\n  value\n", "value"),
        ("a: &n\n  x: 1\nb: 2\n", "x: 1"),
        ("a: &n\n- 1\nb: 2\n", "- 1"),
        ("a: &n [1]\nb: 2\n", "[1]"),
        ("a:\r\n  x: 1\r\n  y: |\r\n    t\r\n\r\nb: 1\r\n", "x: 1\r\n  y: |\r\n    t"),
        ("\ufeffa: ü😀\n", "ü😀"),
        ("x: 😀\na: here\n", "here"),
        ("a:\tx\t# tab\n", "x"),
        ("a:\n  - x\t \n", "- x"),
        ("a: x\ty\t\n  z\n", "x\ty\t\n  z"),
        ("a: x", "x"),
        ('{"a":1}\n', "1"),
        ("{x: , a: }", ""),
        ("? a\n: x\n", "x"),
        ("{a: x}\n", "x"),
        ("a:\nb: 1\n", ""),
    ],
)
def test_a_value_has_exactly_its_own_text(content, expected):
    assert written(content, "a") == expected


def test_an_entry_runs_from_its_key_to_the_end_of_its_value():
    content = "a: 1  # c\nb:\nc:\n  - x\n\nd: *no\n".replace("d: *no\n", "")
    document = read(content)
    assert [content[e.span.start : e.span.end] for e in document.root.entries()] == ["a: 1", "b:", "c:\n  - x"]


def test_a_flow_pair_in_a_list_is_a_mapping_of_its_own():
    content = "a: [FOO: bar, BAZ: 1]\n"
    items = read(content).root.get("a").elements()
    assert [content[i.span.start : i.span.end] for i in items] == ["FOO: bar", "BAZ: 1"]
    assert items[0].get("FOO").scalar == "bar"


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("5432", 5432), ("0x1F", 31), ("0o17", 15), ("017", 15), ("1_000", 1000), ("1.50", 1.5), ("1e3", 1000.0),
        ("true", True), ("False", False), ("yes", "yes"), ("on", "on"), ("~", None), ("null", None),
        ("22:22", "22:22"), ("2024-01-01", "2024-01-01"), ("-", "-"), (".", "."), ("+", "+"), ("1.2.3", "1.2.3"),
        ("089", 89.0), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_plain_scalars_mean_what_they_mean_to_docker_compose(plain, value):
    if plain == "-":
        return
    node = read(f"a: {plain}\n").root.get("a")
    assert node.value == value
    assert type(node.value) is type(value)


def test_quotes_and_tags_make_a_number_a_word():
    root = read("a: '1'\nb: !!str 1\nc: \"\"\n").root
    assert [root.get(k).value for k in "abc"] == ["1", "1", ""]


def test_merges_are_resolved_and_marked():
    content = """
x-a: &a {one: 1, two: 2}
x-b: &b
  two: b
  three: 3
s:
  <<: [*a, *b]
  one: own
t:
  <<: *b
"""
    document = read(content)
    s = document.root.get("s")
    assert {k: (e.value.value, e.merged) for k, e in s.items()} == {
        "one": ("own", False),
        "two": (2, True),
        "three": (3, True),
    }
    assert content[s.span.start : s.span.end] == "<<: [*a, *b]\n  one: own"
    place = document.root.get("t", "three").span
    assert content[place.start : place.end] == "3"
    assert [content[span.start : span.end] for span in document.shared] == [
        "{one: 1, two: 2}",
        "two: b\n  three: 3",
    ]


def test_an_alias_shares_its_value():
    root = read("a: &n [1, 2]\nb: *n\n").root
    assert root.get("b").is_alias
    assert not root.get("a").is_alias
    assert root.get("b").value is root.get("a").value


def test_comments_are_found_and_what_only_looks_like_one_is_not():
    content = """# first
a: x#y  # second
b: "# no"
c: |  # third
  # no
  text
# fourth
d: [1, # fifth
  2]
e: 'a
  # no'
f: # sixth
  - '#no' #
"""
    comments = [content[span.start : span.end] for span in read(content).comments]
    assert comments == ["# first", "# second", "# third", "# fourth", "# fifth", "# sixth", "#"]


def test_a_comment_ends_before_the_line_end():
    content = "\ufeff# a\r\nb: 1 # c\r\n"
    assert [content[s.start : s.end] for s in read(content).comments] == ["# a", "# c"]


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "line 1"),
        ("s:\n  <<: &a {x: 1}\n  <<: *a\n", 3, 3, "line 2"),
        ("a: &a [*a]\n", 1, 8, "within its own anchor"),
        ("a: *b\n", 1, 4, "no anchor"),
        ("---\na: 1\n" * 51, 101, 1, "more than 50 YAML documents"),
        ("a: &x 1\n---\nb: *x\n", 3, 4, "x"),
        ("a:\n\tb: 1\n", 2, 1, "a tab cannot indent"),
        ("a: \x00\n", 1, 4, "U+0000"),
        ("a: \udcff\n", 1, 4, "UTF-8"),
        ("\ufeffa: \udcff\n", 1, 4, "UTF-8"),
        ("a: [1\n", 1, 4, "nothing closes the bracket"),
        ("a: {b: 1\n", 1, 4, "nothing closes the brace"),
        ('a: "b\nc: d\n', 1, 4, "nothing closes the quote"),
        ("a: ['b' 'c']\n", 1, 9, "a comma is missing"),
        ("a: b: c\n", 1, 5, "a second colon"),
        ("a:b\nc: d\n", 2, 2, "no blank after its colon"),
        ("a: 1\nb\n", 2, 1, "neither a key with a colon"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "indented like nothing above"),
        ("a: 'b' c\n", 1, 8, "after the end of the value"),
        ("a: @b\n", 1, 4, "cannot begin with `@`"),
        ('a: "\\q"\n', 1, 6, "use single quotes"),
        ("a: &\n", 1, 5, "a name is missing"),
        ("a: !b!c d\n", 1, 4, "a tag that nothing"),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> main\n", 2, 1, "a merge conflict"),
        ("a:\n  <<: 1\n", 2, 3, "mapping"),
        ("? [a]\n: 1\n", 1, 3, "one word"),
        ('a: "\\UFFFFFFFF"\n', 1, 1, "not valid YAML"),
        ("%YAML 9.9\n---\na: 1\n", 1, 1, "not valid YAML"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(content, line, column, words):
    caught = problem(content)
    assert words in caught.message
    assert (caught.line, caught.column) == (line, column)


def test_tags_construct_nothing():
    node = read("a: !!python/object/apply:os.system [exit 1]\n").root.get("a")
    assert node.tag == "tag:yaml.org,2002:python/object/apply:os.system"
    assert [item.scalar for item in node.elements()] == ["exit 1"]


def test_hostile_files_are_refused_or_read_quickly():
    laughs = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    assert read(laughs).root.get("a39").elements()
    assert len(repr(read(laughs))) < 10_000
    assert "levels" in problem("[" * 50_000).message
    assert "levels" in problem("".join(f"{' ' * n}a:\n" for n in range(500))).message
    assert "longer" in problem("a" * (MAX_CHARACTERS + 1)).message
    large = "".join(f"  k{n}: 1\n" for n in range(2_000))
    chain = f"m0: &m0\n{large}" + "".join(f"m{n}: &m{n}\n  <<: *m{n - 1}\n" for n in range(1, 500))
    assert "merges" in problem(chain).message
    many = f"m: &m {{a: 1}}\nn:\n  <<: [{', '.join(['*m'] * 10_000)}]\n"
    assert read(many).root.get("n", "a").value == 1


FRAGMENTS = st.sampled_from(
    [
        *("a", "b", "services", ":", "-", "#", "'", '"', "|", "&x", "*x", "!t", "<<:", "{", "}", "[", "]", ",", "?"),
        *("1", "null", "~", "=", "\\", "\\U00110000", "😀", ": ", "- ", "\n", "\n  ", "\n    ", "\r\n", " ", "\t"),
        *(" # c", "|+\n", ">-\n", "!!str ", "<<: ", "? ", "---\n", "...\n", "%YAML 1.2\n"),
        *("\ufeff", "\x85", "\u2028", "\r", "\x00", "\udc80"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(FRAGMENTS, max_size=40).map("".join))
def test_any_text_is_read_or_refused(content):
    text = Text("compose.yaml", content)
    try:
        document = read_yaml(text)
    except SourceProblem as refused:
        assert 1 <= refused.line <= text.line_count + 1
        assert refused.column >= 1
        return
    whole = Span(0, len(content))
    for comment in document.comments:
        assert content[comment.start] == "#"
    pending = [document.root]
    while pending:
        node = pending.pop()
        assert whole.contains(node.span)
        for entry in node.entries():
            if not entry.merged and not entry.value.is_alias:
                assert node.span.contains(entry.span), (node, entry)
                assert entry.span.contains(entry.value.span), entry
                pending.append(entry.value)
        for item in node.elements():
            if not item.is_alias:
                assert node.span.contains(item.span)
                pending.append(item)


WORDS = st.text("ab:#-'\"\n {}[]😀ü\\", max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([2, 4]), st.booleans())
def test_the_text_of_a_scalar_reads_as_its_value(value, flow, indent, crlf):
    yaml = YAML()
    yaml.default_flow_style = flow
    yaml.indent(mapping=indent, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump({"root": value}, out)
    content = out.getvalue().replace("\n", "\r\n" if crlf else "\n")
    try:
        pending = [read(content).root]
    except SourceProblem:
        assume(False)  # the library's own output, which not even it reads
    while pending:
        node = pending.pop()
        pending += [entry.value for entry in node.entries()] + list(node.elements())
        if not node.is_mapping and not node.is_sequence:
            own = content[node.span.start : node.span.end]
            again = read(f"k: {own}\n").root.get("k")
            assert again.value == node.value


PIECES = (
    *("a", "b:", " ", "\n", "\n  ", "- ", "'x'", '"y"', "{", "}", "[", "]", ", ", "&a ", "*a ", "!t ", "<<: "),
    *("# c", "? ", "k: v", "é", "\r\n", "|\n   z", ">-\n  z", "~", "1", "!reset "),
)
ODD = st.lists(st.sampled_from(PIECES), max_size=14)


@settings(max_examples=400, deadline=None)
@given(ODD)
def test_both_parsers_read_the_same(pieces):
    text = Text("compose.yaml", "".join(pieces))
    try:
        quick = _composed(text, quick_events(text.content))
        careful = _composed(text, careful_events(text))
    except (NotQuick, SourceProblem):
        return
    assert described(quick.root) == described(careful.root)
    assert (quick.comments, quick.shared) == (careful.comments, careful.shared)


def described(node):
    """A node with all that is in it, as a value to compare."""
    about = (node.span, node.tag, node.raw, node.anchor, node.is_flow, node.is_alias)
    if node.is_mapping:
        return about, [(key, e.key_span, e.span, e.merged, described(e.value)) for key, e in node.items()]
    return about, [described(item) for item in node.elements()] if node.is_sequence else node.value


@pytest.mark.parametrize("content", ["a:\t1\n", "\ufeffa: 1\n", "a: 1\rb: 2\r", "a: \x85\n", "a: [\n", "a: 'x\n"])
def test_what_the_quick_parser_leaves_to_the_careful_one(content):
    with pytest.raises(NotQuick):
        list(quick_events(content))
