"""A Dockerfile's structure as BuildKit's own parser tells it, and as ours does, in the same terms."""

from __future__ import annotations

from typing import Any

import dockerfile

from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.instruction_reader import read_line
from reviewbot.source.logical import LogicalText
from reviewbot.source.text import Span


def as_buildkit(content: str) -> list[dict[str, Any]]:
    return [
        {
            "keyword": command.cmd.upper(),
            "trigger": command.sub_cmd.upper() if command.sub_cmd else None,
            "lines": (command.start_line, command.end_line),
            "flags": list(command.flags),
            "json": command.json,
            "arguments": list(command.value),
            "heredocs": [(heredoc.name, heredoc.content) for heredoc in command.heredocs],
        }
        for command in dockerfile.parse_string(content)
    ]


def as_ours(parsed: Dockerfile) -> list[dict[str, Any]]:
    return [_as_ours(parsed, instruction) for instruction in parsed.instructions]


def _as_ours(parsed: Dockerfile, instruction: Instruction) -> dict[str, Any]:
    inner = instruction.trigger or instruction
    # The binding tells nothing of flags and heredocs behind ONBUILD; that they are read shows in the lines.
    flags, heredocs = ((), ()) if instruction.trigger else (instruction.flags, instruction.heredocs)
    line = read_line(parsed.text, instruction.line, parsed.escape).text
    return {
        "keyword": instruction.keyword,
        "trigger": instruction.trigger.keyword if instruction.trigger else None,
        "lines": (instruction.line, instruction.end_line),
        "flags": [f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}" for flag in flags],
        "json": inner.is_json,
        "arguments": _arguments(line, inner),
        "heredocs": [(heredoc.name, parsed.text[heredoc.span]) for heredoc in heredocs],
    }


def _arguments(line: LogicalText, instruction: Instruction) -> list[str]:
    """The words with their quotes: as BuildKit's parser leaves them."""
    if instruction.keyword in ("ENV", "LABEL"):
        pairs = [(_written(line, a.name_span), a.raw_value or "") for a in instruction.assignments]
        return [part for pair in pairs for part in pair]
    if instruction.is_json:
        return [word.value for word in instruction.words]
    return [_written(line, word.span) for word in instruction.words]


def _written(line: LogicalText, span: Span) -> str:
    return line.text[line.index(span.start) : line.index(span.end)]
