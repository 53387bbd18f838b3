"""Several sources copied to what is no folder."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.text import Span


@rule(
    "copy-needs-folder",
    title="End the destination of several sources with a slash",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=(
        "DL3021",
        "DS-0011",
        "6db6e0c2-32a3-4a2e-93b5-72c35f4119db",
    ),
    fixable=True,
)
def copy_needs_folder(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Only a slash at its end says that a destination is a folder. Without it the classic builder refuses several sources,
    and BuildKit writes each of them to one file of that name, where the last one wins.

    Fine for `.`, and for variables that may end with a slash.

    Bad:
        FROM debian:12.5-slim
        COPY serve.py util.py /app  # <- finding
    Good:
        FROM debian:12.5-slim
        COPY serve.py util.py /app/
    Bad (JSON form, and ADD):
        FROM debian:12.5-slim
        ADD ["a b", "c", "/app"]  # <- finding
    Good:
        FROM debian:12.5-slim
        ADD ["a b", "c", "/app/"]
    Also good:
        FROM debian:12.5-slim
        WORKDIR /app
        ARG TARGET=/opt/
        ARG OTHER
        COPY a b .
        COPY a b ..
        COPY a b ${TARGET}
        COPY a b ${OTHER}
        COPY a* /app
        COPY a /b
    Also good (Windows):
        # escape=`
        FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
        COPY a b C:\app\
    Also good (heredocs):
        FROM debian:12.5-slim
        COPY <<one <<two /app/
        1
        one
        2
        two
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("COPY", "ADD"):
            word = instruction.destination
            if word is None or _count(instruction) < 2:
                continue
            value = dockerfile.expand(word.value, instruction)
            last = (value or "").rpartition("/")[2]
            if not value or value.endswith(("/", "\\")) or last in (".", ".."):
                continue
            quoted = word.raw[-1:] in "\"'"
            at = word.span.end - (1 if quoted else 0)
            yield Problem(
                at=word.span,
                message=f"Several sources, and {code(word.value)} does not end with a slash: it becomes a file",
                subject=f"{stage.label} {instruction.argument_text}",
                why="Unless that folder is already there, BuildKit writes every source to the same file, and the classic "
                "builder stops.",
                edits=[Edit(dockerfile.path, Span(at, at), "/")],
            )


def _count(instruction: Instruction) -> int:
    return len(instruction.sources) + len(instruction.heredocs)
