"""What holds for every Dockerfile that can be read, whatever it says."""

from __future__ import annotations

import platform
import sys

import pytest

from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.text import Span

beside_buildkit = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64",
    reason="package `dockerfile` (BuildKit's own parser) is locked for Linux on x86-64, where it has a wheel",
)
"""For what is held to BuildKit's own parser: it is required wherever the lock has it."""


def assert_spans_hold(dockerfile: Dockerfile) -> None:
    """Spans are ordered, nested, and what they cover is what the model says."""
    text = dockerfile.text
    previous = 0
    for instruction in dockerfile.instructions:
        assert instruction.span.start >= previous
        previous = instruction.span.end
        assert_instruction_holds(dockerfile, instruction)
    for stage in dockerfile.stages:
        assert text[stage.base_span].startswith(stage.base[:1])
        assert dockerfile.stage_of(stage.from_instruction) is stage
        if stage.name_span:
            assert_logical(text[stage.name_span], stage.name or "")
    for comment in dockerfile.comments:
        assert text[comment].startswith("#")
        assert "\n" not in text[comment]
    assert list(dockerfile.comments) == sorted(dockerfile.comments)


def assert_instruction_holds(dockerfile: Dockerfile, instruction: Instruction) -> None:
    text = dockerfile.text
    span = instruction.span
    assert text[instruction.keyword_span].upper() == instruction.keyword
    assert instruction.keyword_span.start == span.start
    assert instruction.line <= text.line_of(span.start)
    assert instruction.end_line == text.line_of(span.end)
    assert not text[span].endswith("\n") or span.end == text.line_span(text.line_count).start, "dangling continuation"
    assert span.contains(instruction.arguments)
    position = instruction.keyword_span.end
    for flag in instruction.flags:
        assert flag.span.start >= position
        assert text[flag.span].startswith("--")
        position = flag.span.end
    assert instruction.arguments.start >= position or not instruction.argument_text
    position = instruction.arguments.start
    for word in instruction.words:
        assert word.span.start >= position
        assert instruction.arguments.contains(word.span)
        assert text[word.span] == word.raw
        position = word.span.end
    for assignment in instruction.assignments:
        assert assignment.span.contains(assignment.name_span)
        assert assignment.span.start == assignment.name_span.start
        if assignment.value_span is not None:
            assert assignment.name_span.end <= assignment.value_span.start
            assert assignment.value_span.end == assignment.span.end
    position = span.start
    for heredoc in instruction.heredocs:
        assert heredoc.span.start >= instruction.arguments.end
        assert span.contains(heredoc.span)
        assert heredoc.span.start >= position
        position = heredoc.span.end
        if heredoc.marker:
            assert instruction.arguments.contains(heredoc.marker)
            assert "<<" in text[heredoc.marker]
    if instruction.script is not None:
        assert_commands_hold(dockerfile, instruction, span)
    if instruction.trigger is not None:
        assert instruction.keyword == "ONBUILD"
        assert span.contains(instruction.trigger.span)
        assert instruction.trigger.span.end == span.end
        assert_instruction_holds(dockerfile, instruction.trigger)


def assert_commands_hold(dockerfile: Dockerfile, instruction: Instruction, span: Span) -> None:
    script = instruction.script
    assert script is not None
    assert span.contains(script.span)
    assert script.needs_shell == (script.simple_words is None)
    words = [word for command in script.commands for word in command.arguments]
    for word in [*words, *(script.simple_words or ())]:
        assert span.contains(word.span)
        assert dockerfile.text[word.span] == word.raw
    starts = [command.span.start for command in script.commands]
    assert starts == sorted(starts)
    for command in script.commands:
        assert span.contains(command.span)
        assert command.span.contains(command.program_span)
        for name, _, assigned in command.assignments:
            assert command.span.contains(assigned)
            assert dockerfile.text[assigned].startswith(name[:1])


def assert_logical(written: str, logical: str) -> None:
    """The same but for continuations."""
    assert [c for c in written if c in logical][: len(logical)] == list(logical)
