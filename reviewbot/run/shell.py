"""ShellCheck asked about the scripts of a review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewbot.rules.rule import Rule, RuleSet
from reviewbot.rules.shell_remarks import NUMBERS
from reviewbot.shellcheck.ask import Asked, ask
from reviewbot.shellcheck.model import ShellScript


def ask_shellcheck(rules: Sequence[Rule], scripts: Iterable[ShellScript]) -> Asked:
    """What ShellCheck says, where a rule wants to know it."""
    asking = [rule for rule in rules if NUMBERS in rule.aliases]
    return ask(scripts if asking else (), follow_values=any(rule.set is not RuleSet.RECOMMENDED for rule in asking))
