"""Suggestions that change scripts, shown to ShellCheck before anybody sees them.

The core knows what ShellCheck says of the scripts as they stand, and nothing of those that a suggestion would make of
them. While it proves suggestions it notes which ones it would have liked to know of. They are asked about once there are
suggestions; where one turns out to bring in a remark, or to leave the one that it should mend, the core runs again and
knows it then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.outcome import Suggestion
from reviewbot.rules.rule import Rule
from reviewbot.rules.shell_remarks import NUMBERS
from reviewbot.shellcheck.program import ShellCheck, ShellCheckProblem
from reviewbot.shellcheck.remarks import Remarks
from reviewbot.suggestion.prove import Prover
from reviewbot.suggestion.suggest import as_edit

ROUNDS = 3
"""How often the core may run again: each time it has fewer suggestions left that failed."""

T = TypeVar("T")


def confirmed(
    facts: Facts,
    rules: Sequence[Rule],
    program: ShellCheck | None,
    judge: Callable[[Facts], T],
    suggestions_of: Callable[[T], Iterable[Suggestion]],
) -> T:
    """What ``judge`` makes of the facts, its suggestions confirmed by the program (None: there is none)."""
    outcome = judge(facts)
    shell_rules = [rule for rule in rules if NUMBERS in rule.aliases]
    for _ in range(ROUNDS):
        suggestions = list(suggestions_of(outcome))
        wanted = facts.shell.wanted
        if program is None or not shell_rules or not suggestions or not wanted:
            break
        try:
            learnt = program.check(wanted)
        except ShellCheckProblem:
            break
        # Of a script that is not known the core took it that there is nothing to say.
        paths = {path for script, remarks in learnt.items() if remarks for path in wanted[script]}
        facts = replace(facts, shell=Remarks({**facts.shell.known, **learnt}))
        if _hold([each for each in suggestions if each.path in paths], Prover(facts, shell_rules)):
            break
        outcome = judge(facts)
    return outcome


def _hold(suggestions: Sequence[Suggestion], prover: Prover) -> bool:
    names = {rule.name for rule in prover.rules}
    return all(
        prover.mends([f for f in each.findings if f.rule in names], [as_edit(each, prover.facts)])
        for each in suggestions
    )
