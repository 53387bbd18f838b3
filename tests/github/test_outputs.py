from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.github.outputs import SUMMARY_LIMIT, commands_stopped, mask, write_outputs, write_summary
from reviewbot.github.problem import GitHubProblem


def parsed(text: str) -> dict[str, str]:
    """A GITHUB_OUTPUT file as the runner reads it."""
    outputs = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if line:
            name, delimiter = line.split("<<")
            value = []
            while (part := next(lines)) != delimiter:
                value.append(part)
            outputs[name] = "\n".join(value)
    return outputs


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_value_sets_its_own_output_alone(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    path = tmp_path_factory.mktemp("outputs") / "output"
    write_outputs({"GITHUB_OUTPUT": str(path)}, {"first": value, "second": "x"})

    assert parsed(path.read_bytes().decode()) == {"first": value, "second": "x"}


def test_a_delimiter_is_never_the_same(tmp_path: Path) -> None:
    path = tmp_path / "output"
    write_outputs({"GITHUB_OUTPUT": str(path)}, {"a": "1", "b": "2"})

    assert len(set(re.findall(r"<<(value-[0-9a-f]{32})", path.read_text()))) == 2


@pytest.mark.parametrize("name", ["", "a=b", "a\nb", "a<<b", "1st"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        write_outputs({"GITHUB_OUTPUT": str(tmp_path / "output")}, {name: "x"})


def test_outside_of_actions_nothing_is_written() -> None:
    write_outputs({}, {"a": "1"})
    write_summary({}, "text")


def test_a_file_that_cannot_be_written_is_a_problem_in_words(tmp_path: Path) -> None:
    with pytest.raises(GitHubProblem, match="cannot be written"):
        write_outputs({"GITHUB_OUTPUT": str(tmp_path)}, {"a": "1"})


def test_a_summary_is_added_to_what_stands(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n")
    write_summary({"GITHUB_STEP_SUMMARY": str(path)}, "after 🐳")

    assert path.read_text() == "before\nafter 🐳\n"


def test_a_long_summary_is_cut_at_a_line(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n")
    write_summary({"GITHUB_STEP_SUMMARY": str(path)}, "🐳🐳🐳\n" * 200_000)

    data = path.read_bytes()
    assert SUMMARY_LIMIT - 100 < len(data) <= SUMMARY_LIMIT
    assert set(data.decode().splitlines()[1:-1]) == {"🐳🐳🐳", ""}
    assert "cut here" in data.decode()


def test_each_line_of_a_secret_is_masked() -> None:
    log = io.StringIO()
    mask("first 100%\nsecond\r\n\n", log)

    assert log.getvalue() == "::add-mask::first 100%25\n::add-mask::second\n"


def test_foreign_output_commands_nothing() -> None:
    log = io.StringIO()
    with pytest.raises(RuntimeError), commands_stopped(log):
        print("::set-output name=x::y", end="", file=log)
        raise RuntimeError
    stop, *foreign, resume, end = log.getvalue().split("\n")

    token = stop.removeprefix("::stop-commands::")
    assert re.fullmatch("[0-9a-f]{32}", token)
    assert foreign == ["::set-output name=x::y"]
    assert (resume, end) == (f"::{token}::", "")
