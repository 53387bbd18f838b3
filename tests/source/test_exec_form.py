"""RUN in JSON form: its commands, each with its exact place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.source.dockerfile import Instruction, parse_dockerfile
from reviewbot.source.text import Text


def run_of(arguments: str) -> tuple[Text, Instruction]:
    text = Text("Dockerfile", f"FROM debian\nRUN {arguments}\n")
    return text, parse_dockerfile(text).final_stage.instructions[0]


def test_the_elements_are_the_words_of_one_command():
    text, run = run_of('["apt-get", "install", \\\n  "-y", "curl"]')
    (command,) = run.commands
    assert command.program == "apt-get"
    assert text[command.span] == '"apt-get", "install", \\\n  "-y", "curl"'
    assert [text[word.span] for word in command.arguments] == ["install", "-y", "curl"]
    (call,) = run.package_commands
    assert call.name == "apt-get install"
    assert call.has("-y")


def test_wrappers_are_seen_through():
    _, run = run_of('["sudo", "env", "A=1", "apt-get", "update"]')
    assert [(c.program, c.wrappers) for c in run.commands] == [("apt-get", ("sudo", "env"))]


def test_a_shell_reads_its_script():
    text, run = run_of('["/bin/sh", "-ec", "apt-get update && apt-get install -y curl | tee log"]')
    assert [text[c.span] for c in run.commands[1:]] == ["apt-get update", "apt-get install -y curl", "tee log"]
    assert not run.commands[1].in_subshell
    assert run.commands[2].pipeline == run.commands[3].pipeline >= 0


def test_no_shell_expands_anything():
    _, run = run_of('["rm", "-rf", "$HOME/*", "&&", "apt-get", "update"]')
    assert [c.program for c in run.commands] == ["rm"]
    assert all(word.is_literal for word in run.commands[0].arguments)
    assert not run.package_commands


@pytest.mark.parametrize(
    ("script", "written"),
    [
        (r"a\nb x", ["a", "b x"]),
        (r"a \"b\" -c && d", [r"a \"b\" -c", "d"]),
        (r"\u0061b && c", [r"\u0061b", "c"]),
        (r"x \ud83d\ude00 y && c", [r"x \ud83d\ude00 y", "c"]),
    ],
)
def test_what_is_escaped_has_its_place(script, written):
    text, run = run_of(f'["sh", "-c", "{script}"]')
    assert [text[command.span] for command in run.commands[1:]] == written


@pytest.mark.parametrize("arguments", ["[]", '[""]', '["sh", "-c"]', '["sh", "-c", ""]', '["sh", "-c", "\\u0000"]'])
def test_odd_forms_have_no_package_commands(arguments):
    _, run = run_of(arguments)
    assert not run.package_commands


@given(st.lists(st.text(), min_size=1), st.booleans())
def test_any_strings_are_read(elements, ascii_only):
    _, run = run_of(json.dumps(["x", *elements], ensure_ascii=ascii_only))
    if run.is_json:
        assert [word.value for word in run.commands[0].arguments] == [word.value for word in run.words[1:]]
