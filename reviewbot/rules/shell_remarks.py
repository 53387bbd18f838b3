"""ShellCheck's remarks as problems of a Dockerfile: where they stand in it, and its own fixes as edits of it."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit
from reviewbot.markdown import code, visible
from reviewbot.rules.rule import Problem
from reviewbot.shellcheck.choice import has_safe_fix, remarks_worth
from reviewbot.shellcheck.model import Remark, Replacement
from reviewbot.shellcheck.scripts import PlacedScript, scripts_in
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.secrets import mask
from reviewbot.source.text import Span

NUMBERS = "SCnnnn"
"""The alias that stands for all of ShellCheck's numbers."""

_SHELLS = {"busybox": "busybox's `ash`", "sh": "a POSIX shell"}
_MOST_OF_A_SCRIPT = 20
"""Remarks of one kind about one RUN: further ones say nothing new."""


def shell_problems(dockerfile: Dockerfile, facts: Facts, *, taste: bool) -> Iterator[Problem]:
    """What is known of the file's scripts; of a script that was not asked about, nothing is."""
    if not facts.shell.known:
        return
    for placed in scripts_in(dockerfile, facts.images):
        seen: dict[int, int] = {}
        for remark in remarks_worth(placed, facts.shell.of(placed.script, dockerfile.path), taste=taste):
            seen[remark.code] = seen.get(remark.code, 0) + 1
            if seen[remark.code] <= _MOST_OF_A_SCRIPT:
                yield _problem(dockerfile, placed, remark)


def _problem(dockerfile: Dockerfile, placed: PlacedScript, remark: Remark) -> Problem:
    stage = dockerfile.stage_of(placed.instruction)
    shell = placed.script.dialect
    return Problem(
        at=_in_file(placed, remark.start, remark.end),
        message=f"{remark.name}: {mask(visible(remark.message)).rstrip('.')[:300]}",
        subject=f"{remark.name} {stage.label if stage else ''}",
        why=f"{_SHELLS.get(shell, code(shell))} reads this `RUN`, and the build goes by what it makes of it.",
        advice=f"ShellCheck explains it: https://www.shellcheck.net/wiki/{remark.name}",
        edits=[_edit(dockerfile, placed, r) for r in remark.fix] if has_safe_fix(placed, remark) else [],
        confidence=Confidence.HIGH if remark.level == "error" else Confidence.MEDIUM,
        code=remark.name,
    )


def _edit(dockerfile: Dockerfile, placed: PlacedScript, replacement: Replacement) -> Edit:
    return Edit(dockerfile.path, _in_file(placed, replacement.start, replacement.end), replacement.text)


def _in_file(placed: PlacedScript, start: int, end: int) -> Span:
    """The place in the file; a point stands right behind what it follows, on the same line."""
    source = placed.source
    if start == end and start > 0 and not source.text[start - 1].isspace():
        point = source.offset(start - 1) + 1
        return Span(point, point)
    return source.span(start, end)
