"""What versions of a file have in common is read once: each version reads as if there were no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from source.test_dockerfile_fuzz import FILES

from reviewbot.source import assembly, structure
from reviewbot.source.dockerfile import Dockerfile, Instruction, parse_dockerfile
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text
from reviewbot.source.variables import Variables

OWN = sorted((Path(__file__).parent / "corpus").glob("*.Dockerfile"))
LINES = st.sampled_from(
    [
        "RUN a && \\",
        "  b | c",
        "# text",
        "",
        "\\",
        "USER app",
        "onbuild RUN x",
        'CMD ["a"]',
        "ENV A=$B",
        "\x1c#",
        "\xa0",
    ]
)
DOCKERFILES = st.lists(LINES, max_size=12).map(lambda lines: "\n".join(["FROM alpine", *lines]))


def in_parts_and_as_a_whole(content: str) -> tuple[object, object]:
    lines = content.split("\n")
    found = structure._in_parts(lines, list(structure._guessed_lines(lines)))
    if found is None:
        return None, None
    return found, structure._as_a_whole(lines)


@given(FILES | DOCKERFILES)
@example("# escape=`\n#\nFROM a\n# escape=\\\nRUN a `\n b\n")
@example("#\n# escape=`")
@settings(max_examples=600)
def test_logical_lines_read_one_by_one_are_those_of_the_whole(content):
    parts, whole = in_parts_and_as_a_whole(content)
    assert parts == whole


def test_nearly_all_real_files_are_read_in_parts():
    contents = [path.read_bytes().decode("utf-8", "surrogateescape") for path in OWN]
    read = [in_parts_and_as_a_whole(content) for content in contents if "<<" not in content]
    assert all(parts == whole for parts, whole in read)
    assert sum(parts is not None for parts, _ in read) > len(contents) / 2


def told(dockerfile: Dockerfile) -> list[object]:
    """All of a file, without the text that its instructions were first met in."""

    def of(instruction: Instruction | None) -> object:
        if instruction is None:
            return None
        bare = replace(instruction, shell_input=None, exec_form=None, trigger=None)
        return bare, instruction.script, instruction.commands, instruction.package_commands, of(instruction.trigger)

    return [
        *map(of, dockerfile.instructions),
        dockerfile.comments,
        [(stage.label, stage.base, stage.index, len(stage.instructions)) for stage in dockerfile.stages],
    ]


def read(content: str) -> list[object] | str:
    try:
        return told(parse_dockerfile(Text("Dockerfile", content)))
    except SourceProblem as problem:
        return f"{problem.line}:{problem.column} {problem.message}"


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
@given(data=st.data())
@settings(max_examples=8)
def test_a_version_reads_as_if_there_were_no_other(path, data):
    content = path.read_bytes().decode("utf-8", "surrogateescape")
    cut = data.draw(st.integers(0, len(content)))
    version = content[:cut] + data.draw(st.sampled_from(["", "\n", "x", " \\\n", "# "])) + content[cut:]
    read(content)
    beside = read(version)
    structure._part.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "_kept", assembly._Kept(most=0))
        assert read(version) == beside


@given(st.text(st.sampled_from("ab'\"\\`$<{} \t/é"), max_size=12), st.sampled_from("\\`"), st.booleans())
def test_a_word_that_the_lexer_would_leave_alone_is_not_given_to_it(word, escape, quoted):
    variables = Variables((), (), escape)
    assert variables.resolve(word, None, 0, quoted=quoted) == variables._lexed(word, None, 0, quoted=quoted)


def test_what_is_kept_of_other_files_has_an_end():
    kept = assembly._Kept(most=500)
    instruction = parse_dockerfile(Text("Dockerfile", "FROM alpine")).instructions[0]
    for number in range(10):
        kept.keep((number,), (instruction, ()))
    assert list(kept.by_key) == [(6,), (7,), (8,), (9,)]
    assert kept.take((9,)) == (instruction, ())
    assert kept.take((0,)) is None
    assert kept.characters == 3 * 111
