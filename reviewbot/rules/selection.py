"""Which rules run where, with which severity and options: what the configuration asks for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field
from msgspec.structs import replace

from reviewbot.finding import Severity
from reviewbot.rules.catalogue import SETS, all_rules, is_code, known_names, rules_in
from reviewbot.rules.rule import Rule, RuleSet
from reviewbot.settings import PathSettings, RuleChoice, RuleChoices, SettingsProblem

ALWAYS = "unreadable-file"
"""A rule that runs unless it is taken out by name: nobody who asks for one rule wants a broken file passed over."""


def choose(choices: RuleChoices, overrides: Sequence[PathSettings] = ()) -> tuple[Rule, ...]:
    """The rules to run. One that is chosen differently for some files comes once for each choice.

    Raises SettingsProblem with the keys of a name that means no rule, or of a choice that makes no sense.
    """
    selection = _Selection()
    for name, choice in _in_order(choices):
        selection.choose(name, choice, ("rules", name))
    for number, override in enumerate(overrides):
        selection.override(override, ("overrides", number, "rules"))
    return selection.rules()


def default_rules(without: frozenset[str] = frozenset()) -> tuple[Rule, ...]:
    """What :func:`choose` makes of no choice at all, but for the folders ``without``, whose rules are not loaded."""
    return tuple(r for r in all_rules(without) if r.set is RuleSet.RECOMMENDED or r.name == ALWAYS)


def unknown_rule(name: str) -> str:
    written = {known.lower(): known for known in (*SETS, *known_names())}
    near = [written[found] for found in difflib.get_close_matches(name.lower(), written, 1)]
    return f"there is no rule `{name}`" + (f"; did you mean `{near[0]}`?" if near else "; `reviewbot rules` lists them")


def _in_order(choices: RuleChoices) -> list[tuple[str, RuleChoice]]:
    """The choices as pairs, with the set that is meant where none is named."""
    if isinstance(choices, dict):
        default: list[tuple[str, RuleChoice]] = [] if SETS.keys() & choices.keys() else [("recommended", True)]
        return [(ALWAYS, True), *default, *choices.items()]
    wanted = [name for name in choices if not name.startswith("-")] or ["recommended"]
    unwanted = [name[1:] for name in choices if name.startswith("-")]
    return [(ALWAYS, True), *((name, True) for name in wanted), *((name, False) for name in unwanted)]


class _Selection(msgspec.Struct):
    chosen: dict[str, Rule] = field(default_factory=dict)
    variants: list[tuple[tuple[str, ...], dict[str, Rule | None]]] = field(default_factory=list)
    """For each override its patterns, and what it makes of the rules that it names (None: off)."""

    def choose(self, name: str, choice: RuleChoice, keys: tuple[str | int, ...]) -> None:
        for rule in _named(name, keys):
            current = self.chosen.get(rule.name)
            if is_code(name):
                made = _with_code(rule, current, name.upper(), choice, keys)
            else:
                made = _made(current or rule, name, choice, keys)
            if made is None:
                self.chosen.pop(rule.name, None)
            else:
                self.chosen[rule.name] = made

    def override(self, override: PathSettings, keys: tuple[str | int, ...]) -> None:
        made: dict[str, Rule | None] = {}
        for name, choice in override.rules.items():
            for rule in _named(name, (*keys, name)):
                current = made.get(rule.name) or self.chosen.get(rule.name)
                if is_code(name):
                    made[rule.name] = _with_code(rule, current, name.upper(), choice, (*keys, name))
                else:
                    made[rule.name] = _made(current or rule, name, choice, (*keys, name))
        self.variants.append((override.paths, made))

    def rules(self) -> tuple[Rule, ...]:
        found: list[Rule] = []
        for rule in all_rules():
            later: tuple[str, ...] = ()
            for patterns, made in reversed(self.variants):
                if rule.name in made:
                    variant = made[rule.name]
                    if variant is not None:
                        found.append(replace(variant, inside=patterns, outside=later))
                    later = (*patterns, *later)
            if rule.name in self.chosen:
                found.append(replace(self.chosen[rule.name], outside=later))
        return tuple(found)


def _named(name: str, keys: tuple[str | int, ...]) -> tuple[Rule, ...]:
    found = rules_in(name)
    if not found and name not in SETS:
        raise SettingsProblem(unknown_rule(name), keys)
    return found


def _made(rule: Rule, name: str, choice: RuleChoice, keys: tuple[str | int, ...]) -> Rule | None:
    """The rule as it was chosen; None for off."""
    if isinstance(choice, dict):
        if name in SETS:
            raise SettingsProblem("a set takes on, off or a severity; options belong to a rule", keys)
        return _with_options(rule, choice, keys)
    if choice is False or choice == "off":
        return None
    if choice is True or choice == "on":
        return rule
    return replace(rule, chosen_severity=Severity[str(choice).upper()])


def _with_code(
    rule: Rule, current: Rule | None, code: str, choice: RuleChoice, keys: tuple[str | int, ...]
) -> Rule | None:
    """The rule with a choice for one number of the tool it speaks for; one that is not chosen speaks of that alone."""
    if isinstance(choice, dict):
        raise SettingsProblem("one of a tool's numbers takes on, off or a severity", keys)
    if choice is False or choice == "off":
        return current and replace(current, codes={**current.codes, code: False})
    current = current or replace(rule, only_codes=True)
    wanted = True if choice is True or choice == "on" else Severity[str(choice).upper()]
    return replace(current, codes={**current.codes, code: wanted})


def _with_options(rule: Rule, choice: Mapping[str, Any], keys: tuple[str | int, ...]) -> Rule:
    severity = choice.get("severity")
    if severity is not None:
        if not isinstance(severity, str) or severity.upper() not in Severity.__members__:
            raise SettingsProblem("a severity is error, warning or info", (*keys, "severity"))
        rule = replace(rule, chosen_severity=Severity[severity.upper()])
    given = {key: value for key, value in choice.items() if key != "severity"}
    if not given:
        return rule
    known = [f.encode_name for f in msgspec.structs.fields(rule.options)] if rule.options else []
    for key in given:
        if key not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none but `severity`"
            raise SettingsProblem(f"the rule `{rule.name}` has no option `{key}`: {takes}", (*keys, key))
    assert rule.options is not None  # noqa: S101 - it has the options that were found
    try:
        return replace(rule, chosen_options=msgspec.convert(given, rule.options))
    except msgspec.ValidationError as problem:
        raise SettingsProblem(f"the options of `{rule.name}`: {problem}", keys) from None
