"""The commands of a shell script, with their places."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewbot.source.logical import LogicalText
from reviewbot.source.shell import Command, Script, parse_script
from reviewbot.source.text import Span


def script(content: str) -> Script:
    return parse_script(LogicalText.whole(content, Span(0, len(content))))


def programs(content: str) -> list[str | None]:
    return [command.program for command in script(content).commands]


def only(content: str) -> Command:
    (command,) = script(content).commands
    return command


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("apt-get update && apt-get install -y curl", ["apt-get", "apt-get"]),
        ("a; b || c & d\ne", ["a", "b", "c", "d", "e"]),
        ("a | b |& c", ["a", "b", "c"]),
        ("(a; { b; })", ["a", "b"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("for x in 1 2; do a; done; while b; do c; done; until d; do e; done", ["a", "b", "c", "d", "e"]),
        ("case $x in a) b ;; *) c ;; esac", ["b", "c"]),
        ("f() { a; }; f", ["a", "f"]),
        ("! a", ["a"]),
        ("a $(b | c) `d` <(e)", ["a", "b", "c", "d", "e"]),
        ('a "x $(b "$(c)")"', ["a", "b", "c"]),
        ("export A=b; unset C; local D=1", ["export", "unset", "local"]),
        ("[ -f x ] && [[ a == b ]]", ["[", "[["]),
        ("/usr/bin/apt-get update", ["apt-get"]),
        ("$tool --version; \"$x\"y; './run me'", [None, None, "run me"]),
        ('"$VENV"/bin/pip x; ${A:-/b/c} y; $D/$E z; $F/*.sh', ["pip", None, None, None]),
        ("A=1 B=2", [None]),
        ("set -eux; # a comment; b\nc", ["set", "c"]),
        ("cat <<EOF > x && b\nno command\nEOF\nc", ["cat", "b", "c"]),
        ("", []),
        ("# only a comment", []),
    ],
)
def test_every_simple_command_is_found(content, expected):
    assert programs(content) == expected


@pytest.mark.parametrize(
    ("content", "program", "wrappers", "arguments"),
    [
        ("sudo apt-get -y update", "apt-get", ("sudo",), ["-y", "update"]),
        ("sudo -E -u app -- pip install x", "pip", ("sudo",), ["install", "x"]),
        ("sudo -u app A=b pip", "pip", ("sudo",), []),
        ("env -i A=b C='d e' pip install", "pip", ("env",), ["install"]),
        ("env -u HOME make", "make", ("env",), []),
        ("time nice -n 5 make -j2", "make", ("time", "nice"), ["-j2"]),
        ("nice -10 make", "make", ("nice",), []),
        ("exec -a name nginx -g off", "nginx", ("exec",), ["-g", "off"]),
        ("timeout -k 5 30s curl x", "curl", ("timeout",), ["x"]),
        ("nohup stdbuf -oL tail -f x", "tail", ("nohup", "stdbuf"), ["-f", "x"]),
        ("command -p ls", "ls", ("command",), []),
        ("command -v ls", "command", (), ["-v", "ls"]),
        ("sudo -v", "sudo", (), ["-v"]),
        ("sudo", "sudo", (), []),
        ("env", "env", (), []),
        ("env A=b", "env", (), ["A=b"]),
        ("exec", "exec", (), []),
        ("sudo $tool x", None, ("sudo",), ["x"]),
        ("xargs", "xargs", (), []),
        ("xargs -0 -n 1 sudo rm -f", "rm", ("xargs", "sudo"), ["-f", "$@"]),
        ("gosu app pip install x", "pip", ("gosu",), ["install", "x"]),
        ("runuser -u app -- pip install x", "pip", ("runuser",), ["install", "x"]),
    ],
)
def test_the_program_is_seen_through_what_wraps_it(content, program, wrappers, arguments):
    command = only(content)
    assert (command.program, command.wrappers) == (program, wrappers)
    assert [word.value for word in command.arguments] == arguments


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("sh -c 'a && b'", ["sh", "a", "b"]),
        ('bash -euo pipefail -c "a; b \\"x\\""', ["bash", "a", "b"]),
        ("/bin/sh -c a", ["sh", "a"]),
        ("eval 'a && b'", ["eval", "a", "b"]),
        ('eval "$(a)"', ["eval", "a", None]),
        ("sudo sh -c 'sh -c \"a\"'", ["sh", "sh", "a"]),
        ('sh -c "$(curl -fsSL x)"', ["sh", "curl", None]),
        ("sh script -c a", ["sh"]),
        ("python -c 'import os'", ["python"]),
        ("sh -x", ["sh"]),
    ],
)
def test_what_a_shell_is_given_to_run_is_read_too(content, expected):
    found = script(content).commands
    assert sorted(map(str, (c.program for c in found))) == sorted(map(str, expected))
    assert [c.program for c in found if not c.in_subshell] == expected[:1]


def test_words_within_quotes_have_their_own_places():
    content = "echo é && sh -c 'one && \"t w\"o' x"
    commands = script(content).commands
    assert [content[c.program_span.start : c.program_span.end] for c in commands] == ["echo", "sh", "one", '"t w"o']
    assert commands[-1].program == "t wo"


def test_the_span_of_a_command_takes_in_all_of_it():
    content = "a && X=1 sudo b -c >x 2>&1 <<< y | c > z"
    assert [content[c.span.start : c.span.end] for c in script(content).commands] == [
        "a",
        "X=1 sudo b -c >x 2>&1 <<< y",
        "c > z",
    ]


def test_assignments_stand_apart_from_words():
    command = only("A=1 B='two three' env C=4 make D=5")
    assert [(name, value) for name, value, _ in command.assignments] == [("A", "1"), ("B", "two three"), ("C", "4")]
    assert [word.value for word in command.arguments] == ["D=5"]


def test_commands_of_one_pipeline_share_its_number():
    commands = script("a && b | c; d | e | f; (g | h)").commands
    numbers = {c.program: c.pipeline for c in commands}
    assert numbers["a"] == -1
    assert numbers["b"] == numbers["c"] != -1
    assert numbers["d"] == numbers["e"] == numbers["f"] not in (-1, numbers["b"])
    assert numbers["g"] == numbers["h"] not in (-1, numbers["b"], numbers["d"])


def test_subshells_are_told():
    assert {c.program: c.in_subshell for c in script("a; (b); { c; }; d $(e)").commands} == {
        "a": False,
        "b": True,
        "c": False,
        "d": False,
        "e": True,
    }


def test_flags_operands_and_subcommand():
    command = only("apt-get -qy --option=a=b install curl -t stable -- -odd")
    assert command.has_flag("-y")
    assert command.has_flag("--assume-yes", "-q")
    assert command.has_flag("--option")
    assert command.has_flag("-t")
    assert not command.has_flag("--yes")
    assert not command.has_flag("-o")
    assert command.subcommand == "install"
    assert [word.value for word in command.operands] == ["install", "curl", "stable", "-odd"]
    assert not only("tar --extract").has_flag("-x")
    assert only("wget -nv x").has_flag("-nv")
    assert only("$cmd $sub run").subcommand == "run"


@pytest.mark.parametrize(
    ("word", "value", "literal"),
    [
        ("plain", "plain", True),
        ("'a b'\"c d\"e\\ f", "a bc de f", True),
        ('"a\\"b\\$c\\d"', 'a"b$c\\d', True),
        ("a$", "a$", True),
        ('"a$"', "a$", True),
        ("$x", "$x", False),
        ('"${x}y"', "${x}y", False),
        ("$(a)", "$(a)", False),
        ("*.py", "*.py", False),
        ("'*'.py", "*.py", True),
        ("~/x", "~/x", False),
        ("x~", "x~", True),
        ("[a]", "[a]", False),
        ("[", "[", True),
        ("a]b[c", "a]b[c", True),
        ("{a,b}", "{a,b}", False),
        ("{}", "{}", True),
        ("$'a'", "$a", False),
    ],
)
def test_what_a_word_says(word, value, literal):
    (argument,) = script(f"echo {word}").commands[0].arguments
    assert (argument.raw, argument.value, argument.is_literal) == (word, value, literal)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('nginx -g "daemon off;"', ["nginx", "-g", "daemon off;"]),
        ("  python\t-m   app  ", ["python", "-m", "app"]),
        ("java -jar 'my app.jar' -Dx=y a#b !", ["java", "-jar", "my app.jar", "-Dx=y", "a#b", "!"]),
        ("sh -c 'a && b'", ["sh", "-c", "a && b"]),
        ("find . -exec rm {} +", ["find", ".", "-exec", "rm", "{}", "+"]),
        ("app ''", ["app", ""]),
        ("app \\\\a \\a '\\a'", ["app", "\\a", "a", "\\a"]),
    ],
)
def test_a_plain_command_needs_no_shell(content, words):
    parsed = script(content)
    assert parsed.simple_words is not None
    assert [word.value for word in parsed.simple_words] == words
    assert not parsed.needs_shell


@pytest.mark.parametrize(
    "content",
    [
        "a && b",
        "a | b",
        "a; b",
        "a &",
        "a > b",
        "a < b",
        "(a)",
        "a $x",
        'a "$x"',
        "a `b`",
        "a *.py",
        "a [ab]",
        "a ?",
        "a ~",
        "a ~user/x",
        "a --home=~/x",
        "a {b,c}",
        "A=b c",
        "exec a",
        "cd x",
        ". x",
        "echo a",
        "export A=b",
        "if",
        "! a",
        "a # b",
        "# a",
        "a 'b",
        'a "b',
        "a\\",
        "a\nb",
        "",
        "''",
        "$a",
        "{ a; }",
    ],
)
def test_what_only_a_shell_can_run(content):
    parsed = script(content)
    assert parsed.needs_shell
    assert parsed.simple_words is None


PIECES = [
    "a",
    "b c",
    "'",
    '"',
    "\\",
    " ",
    "  ",
    "$",
    "$x",
    "*",
    "?",
    "~",
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    "=",
    "!",
    "é",
    "-",
    "a=b",
]
SHELLS = ["sh", *(shell for shell in ("bash", "dash") if shutil.which(shell))]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_simple_words_are_what_shells_make_of_them(tmp_path, content):
    """What is said to need no shell comes out of real shells as the very same words."""
    words = script(f"printer {content}").simple_words
    if words is None:
        return
    for name in ("a", "b", "ab"):
        (tmp_path / name).touch()
    expected = [word.value for word in words[1:]]
    for shell in SHELLS:
        said = subprocess.run(
            [shell, "-c", f"printf '<%s>' start {content}"], cwd=tmp_path, capture_output=True, check=True, timeout=20
        )
        assert said.stdout.decode() == "<start>" + "".join(f"<{word}>" for word in expected)


def test_commands_of_a_body_fed_to_a_shell_are_the_script_s():
    content = "bash -s < EOF\ninner x\nEOF\n"
    marker, body = Span(8, 13), LogicalText.whole(content, Span(14, 22))
    outer = LogicalText.whole(content, Span(0, 13))
    assert [c.program for c in parse_script(outer, bodies=[(marker, body)]).commands] == ["bash", "inner"]
    cat = LogicalText.whole("cat     < EOF", Span(0, 13))
    assert [c.program for c in parse_script(cat, bodies=[(marker, body)]).commands] == ["cat"]


def test_a_shell_that_does_more_is_always_needed():
    content = "python -m app"
    source = LogicalText.whole(content, Span(0, len(content)))
    assert parse_script(source, plain_shell=False).needs_shell


@pytest.mark.parametrize(
    "piece",
    ["(", "$(", "`", '"$(', "<", "| a ", "a | ", "if a; then ", "{ ", "; [[ ", "$((", "${a:-", "cat <<A; ", "' \""],
)
def test_hostile_scripts_are_bounded(piece):
    parsed = script("a " + piece * (60_001 // len(piece)))
    assert parsed.needs_shell
    assert all(0 <= c.span.start <= c.span.end <= 60_003 for c in parsed.commands)


@pytest.mark.parametrize(("piece", "words"), [("'\"", 1), ("é ", 30_000), ("[", 1), ("\\a", 1), ("'' ", 20_000)])
def test_long_plain_commands_are_read_whole(piece, words):
    parsed = script("a " + piece * (60_000 // len(piece)))
    assert parsed.simple_words is not None
    assert len(parsed.simple_words) == 1 + words


def test_shells_nested_without_end_are_followed_some_way():
    nested = script("$(" * 5_000 + "a" + ")" * 5_000)
    assert len(nested.commands) < 50
