"""All rules there are: every module in this package's folders is looked at, none is listed by hand."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping

from reviewbot import rules
from reviewbot.rules.ignores import trivys_spelling
from reviewbot.rules.rule import Rule, RuleSet

_DIGIT = re.compile(r"\d")
_QUERY = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""KICS's name for one of its queries: people tell them by the first eight digits."""


@functools.cache
def all_rules(without: frozenset[str] = frozenset()) -> tuple[Rule, ...]:
    """Every declared rule, by name; those of the folders ``without`` are not even loaded."""
    found: dict[str, Rule] = {}
    for folder in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        if not folder.ispkg or folder.name.rpartition(".")[2] in without:
            continue
        package = importlib.import_module(folder.name)
        for module in pkgutil.iter_modules(package.__path__, f"{folder.name}."):
            for member in vars(importlib.import_module(module.name)).values():
                declared = getattr(member, "rule", None)
                if isinstance(declared, Rule) and declared.module == module.name:
                    if declared.name in found:
                        raise ValueError(f"two rules are named {declared.name}")
                    found[declared.name] = declared
    return tuple(sorted(found.values(), key=lambda r: r.name))


@functools.cache
def _names() -> dict[str, tuple[Rule, ...]]:
    names: dict[str, tuple[Rule, ...]] = {}
    for declared in all_rules():
        for name in (declared.name, *declared.aliases, *map(short_alias, declared.aliases)):
            known = names.get(name.lower(), ())
            names[name.lower()] = known if declared in known else (*known, declared)
    return names


def short_alias(alias: str) -> str:
    """A peer's name for a rule as people write it: the first eight digits of KICS's names."""
    return _QUERY.sub(r"\1", alias)


def rules_named(name: str) -> tuple[Rule, ...]:
    """The rules that a name or a peer's number means (case does not matter); empty when there is none.

    An alias such as ``SCnnnn`` stands for every number of that form.
    """
    key = trivys_spelling(name.lower())
    named = _names().get(key)
    return named if named is not None else _names().get(_DIGIT.sub("n", key), ())


def is_code(name: str) -> bool:
    """Whether a name is not a rule's, but one of the numbers of a tool that a rule speaks for (``SC2046``)."""
    return trivys_spelling(name.lower()) not in _names() and bool(rules_named(name))


def known_names() -> tuple[str, ...]:
    """All names that mean rules, as they are written: the rules' own and the peers'."""
    return tuple(name for declared in all_rules() for name in (declared.name, *declared.aliases))


SETS: Mapping[str, Callable[[Rule], bool]] = {
    "recommended": lambda rule: rule.set is RuleSet.RECOMMENDED,
    "strict": lambda rule: rule.set in (RuleSet.RECOMMENDED, RuleSet.STRICT),
    "cis": lambda rule: any(alias.startswith("CIS") for alias in rule.aliases),
    "all": lambda rule: True,
}
"""Sets of rules by their names: what is on by default, that with all that could be said, what the CIS Docker Benchmark (or
its checks of images) asks for, and everything."""


def rules_in(name: str) -> tuple[Rule, ...]:
    """The rules of a set, or those that a rule's name or a peer's number means; empty when it is neither."""
    wanted = SETS.get(name)
    return tuple(filter(wanted, all_rules())) if wanted else rules_named(name)
