"""Empty lines within an instruction."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction


@rule(
    "empty-continuation",
    title="Leave no empty lines within an instruction",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=("NoEmptyContinuation",),
    fixable=True,
)
def empty_continuation(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""An empty line behind a `\` does not end the instruction, although it looks as if it did: what follows still belongs
    to it. Docker has announced that it will be an error.

    Fine in heredocs, and for lines with a comment.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && \
          # <- finding
            apt-get install -y curl && \

            true
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && \
            apt-get install -y curl && \
            true
    Also good (comments, and a script of its own):
        FROM debian:12.5-slim
        RUN apt-get update && \
            # the tool that fetches
            apt-get install -y curl
        RUN <<EOF
        apt-get update

        apt-get install -y curl
        EOF

        CMD ["serve"]
    """
    text = dockerfile.text
    for instruction in dockerfile.instructions:
        empty = _empty_lines(dockerfile, instruction)
        if not empty:
            continue
        where = "is one" if len(empty) == 1 else f"are {len(empty)}"
        yield Problem(
            at=text.line_span(empty[0]),
            message="An empty line within an instruction, which Docker will refuse one day",
            subject=f"{instruction.keyword} {instruction.argument_text[:80]}",
            why=f"The instruction begins in line {instruction.line} and goes on after the empty line; there {where} of them.",
            edits=[Edit(dockerfile.path, text.line_span(line), "") for line in empty],
        )


def _empty_lines(dockerfile: Dockerfile, instruction: Instruction) -> list[int]:
    """Empty lines between an instruction's first and last, heredoc bodies apart, and not the file's very end."""
    text = dockerfile.text
    last = text.line_of(instruction.arguments.end)
    return [line for line in range(instruction.line + 1, last) if not text.line_text(line).strip()]
