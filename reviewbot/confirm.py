"""Suggestions that change scripts, shown to ShellCheck before anybody sees them.

The core knows what ShellCheck says of the scripts as they stand, and nothing of those that a suggestion would make of
them. So they are asked about once there are suggestions; where one turns out to bring in a remark, or to leave the one
that it should mend, the core runs again and knows it then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.outcome import Suggestion
from reviewbot.rules.rule import Rule
from reviewbot.rules.shell_remarks import NUMBERS
from reviewbot.shellcheck.ask import scripts_of
from reviewbot.shellcheck.program import ShellCheck, ShellCheckProblem
from reviewbot.suggestion.edit import EditConflict
from reviewbot.suggestion.prove import Prover, apply_to
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
        if program is None or not shell_rules or not suggestions:
            break
        learnt = _informed(facts, suggestions, program)
        if learnt is facts or _hold(suggestions, Prover(learnt, shell_rules)):
            break
        facts = learnt
        outcome = judge(facts)
    return outcome


def _informed(facts: Facts, suggestions: Sequence[Suggestion], program: ShellCheck) -> Facts:
    """The facts with what the program says of every script that the suggestions make, alone and together."""
    made = {script: None for edited in _edited(facts, suggestions) for script in scripts_of(edited, edited.dockerfiles)}
    unknown = [script for script in made if script not in facts.shell]
    if not unknown:
        return facts
    try:
        return replace(facts, shell={**facts.shell, **program.check(unknown)})
    except ShellCheckProblem:
        return facts


def _edited(facts: Facts, suggestions: Sequence[Suggestion]) -> Iterable[Facts]:
    paths = {suggestion.path for suggestion in suggestions}
    narrow = replace(facts, dockerfiles={p: d for p, d in facts.dockerfiles.items() if p in paths})
    for path in paths:
        own = [suggestion for suggestion in suggestions if suggestion.path == path]
        alone = replace(narrow, dockerfiles={p: d for p, d in narrow.dockerfiles.items() if p == path})
        for chosen in (*([each] for each in own), own):
            try:
                yield apply_to(alone, [as_edit(suggestion, facts) for suggestion in chosen])
            except EditConflict:
                continue


def _hold(suggestions: Sequence[Suggestion], prover: Prover) -> bool:
    names = {rule.name for rule in prover.rules}
    return all(
        prover.mends([f for f in each.findings if f.rule in names], [as_edit(each, prover.facts)])
        for each in suggestions
    )
