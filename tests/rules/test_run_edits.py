"""Edits of a RUN: what they insert and take away, and every other byte as it was."""

from __future__ import annotations

import pytest

from reviewbot.rules.run_edits import appended, joined, with_flag, without, without_command, without_option
from reviewbot.source.dockerfile import Dockerfile, parse_dockerfile
from reviewbot.source.downloads import downloads_in
from reviewbot.source.text import Text
from reviewbot.suggestion.edit import apply_edits


def dockerfile(body: str) -> Dockerfile:
    return parse_dockerfile(Text("Dockerfile", f"FROM debian\n{body}\n"))


def edited(source: Dockerfile, *edits) -> str:
    return apply_edits(source.text, edits).content.removeprefix("FROM debian\n").removesuffix("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN a", "RUN a && z"),
        ("RUN a \\\n && b", "RUN a \\\n && b \\\n && z"),
        ("RUN a && \\\n    b", "RUN a && \\\n    b && \\\n    z"),
        ("RUN if a; then b; fi", "RUN if a; then b; fi && z"),
        ("RUN (a; b)", "RUN (a; b) && z"),
        ("RUN sh -c 'a; b'", "RUN sh -c 'a; b' && z"),
        ("RUN sudo a", "RUN sudo a && sudo z"),
        ("RUN <<EOF\na\nEOF", "RUN <<EOF\na\nz\nEOF"),
        ('RUN ["sh", "-c", "a"]', 'RUN ["sh", "-c", "a && z"]'),
        ('RUN ["sh", \\\n  "-c", "a; b"]', 'RUN ["sh", \\\n  "-c", "a; b && z"]'),
    ],
)
def test_a_command_is_appended_as_the_run_is_written(before, after):
    source = dockerfile(before)
    run = source.final_stage.instructions[0]
    assert edited(source, appended(source, run, run.commands[-1], "z")) == after


@pytest.mark.parametrize(
    "body", ["RUN a # b", "RUN a &", "RUN cat <<EOF > /x && a\nb\nEOF", 'RUN ["a", "b"]', 'RUN ["sh", "-c", "a # b"]']
)
def test_nothing_is_appended_where_it_would_not_run_after_the_others(body):
    source = dockerfile(body)
    run = source.final_stage.instructions[0]
    assert appended(source, run, run.commands[-1], "z") is None


@pytest.mark.parametrize(
    ("before", "program", "after"),
    [
        ("RUN x && a && b", "x", "RUN a && b"),
        ("RUN a && x && b", "x", "RUN a && b"),
        ("RUN a \\\n && x", "x", "RUN a"),
        ("RUN x && \\\n    a", "x", "RUN a"),
        ("RUN a; x && b", "x", None),
        ("RUN a || x && b", "x", None),
        ("RUN a && x || b", "x", None),
        ("RUN x | a", "x", None),
        ("RUN x", "x", None),
    ],
)
def test_a_command_leaves_an_and_list_with_its_operator(before, program, after):
    source = dockerfile(before)
    run = source.final_stage.instructions[0]
    edit = without_command(source, run, next(c for c in run.commands if c.program == program))
    assert (edit and edited(source, edit)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN a\nRUN b", "RUN a \\\n    && b"),
        ("RUN a || true\nRUN b | c && d", "RUN a || true \\\n    && b | c && d"),
        ("RUN a\nRUN b && \\\n  c", "RUN a && \\\n  b && \\\n  c"),
        ("RUN a\nRUN b || c", None),
        ("RUN a\nRUN b; c", None),
        ("RUN a\nRUN if b; then c; fi", None),
        ("RUN cd /x\nRUN b", None),
        ("RUN (cd /x && a)\nRUN b", "RUN (cd /x && a) \\\n    && b"),
        ("RUN X=1\nRUN b", None),
        ("RUN a # why\nRUN b", None),
        ("RUN a\n# why\nRUN b", None),
        ("RUN a\nRUN --network=none b", None),
        ('RUN a\nRUN ["b"]', None),
    ],
)
def test_runs_are_joined_only_where_they_do_the_same(before, after):
    source = dockerfile(before)
    edits = joined(source, source.final_stage.instructions)
    assert (edited(source, *edits) if edits else None) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN a -k b", "RUN a b"),
        ("RUN a b -k", "RUN a b"),
        ("RUN a -fkL b", "RUN a -fL b"),
        ("RUN a \\\n    -k \\\n    b", "RUN a \\\n    b"),
        ("RUN a \\\n    b \\\n    -k", "RUN a \\\n    b"),
        ("RUN a '-k' b", None),
    ],
)
def test_an_option_is_removed_with_the_line_it_leaves_empty(before, after):
    source = dockerfile(before.replace("RUN a", "RUN curl"))
    (download,) = downloads_in(source.final_stage.instructions[0].commands)
    edit = without_option(source, next(download.options.named("-k")))
    assert (edit and edited(source, edit)) == (after and after.replace("RUN a", "RUN curl"))


def test_a_flag_goes_behind_those_it_belongs_to():
    source = dockerfile("RUN apt-get install -y -q jq")
    (call,) = source.final_stage.instructions[0].package_commands
    assert edited(source, with_flag(source, call, "--x", after=("-y",))) == "RUN apt-get install -y --x -q jq"
    assert edited(source, with_flag(source, call, "--x")) == "RUN apt-get install --x -y -q jq"


def test_an_assignment_is_removed_from_its_list():
    source = dockerfile("ENV A=1 B=2 C=3")
    assignments = source.final_stage.instructions[0].assignments
    assert edited(source, without(source, assignments[1].span)) == "ENV A=1 C=3"


def test_words_of_a_json_form_are_elements():
    source = dockerfile('RUN ["apt-get", "install", "-y", "curl"]')
    call = source.final_stage.instructions[0].package_commands[0]
    assert edited(source, with_flag(source, call, "-x")) == 'RUN ["apt-get", "install", "-x", "-y", "curl"]'
    after = with_flag(source, call, "-x", after=("-y",))
    assert edited(source, after) == 'RUN ["apt-get", "install", "-y", "-x", "curl"]'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('RUN ["curl", "-k", "https://a"]', 'RUN ["curl", "https://a"]'),
        ('RUN ["curl" ,"https://a","-k"]', 'RUN ["curl" ,"https://a"]'),
        ('RUN ["curl", "-sk", "https://a"]', 'RUN ["curl", "-s", "https://a"]'),
    ],
)
def test_an_element_is_removed_with_its_separator(before, after):
    source = dockerfile(before)
    download = next(downloads_in(source.final_stage.instructions[0].commands))
    option = next(download.options.named("-k"))
    assert edited(source, without_option(source, option)) == after
