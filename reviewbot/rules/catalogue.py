"""All rules there are: every module in this package's folders is looked at, none is listed by hand."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable

from reviewbot import rules
from reviewbot.rules.rule import Rule, RuleSet


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Every declared rule, by name."""
    found: dict[str, Rule] = {}
    for folder in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        if not folder.ispkg:
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
        for name in (declared.name, *declared.aliases):
            names[name.lower()] = (*names.get(name.lower(), ()), declared)
    return names


def rules_named(name: str) -> tuple[Rule, ...]:
    """The rules that a name or a peer's number means (case does not matter); empty when there is none."""
    return _names().get(name.lower(), ())


def known_names() -> tuple[str, ...]:
    return tuple(_names())


def select(names: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of sets (``recommended``, ``strict``, ``all``) and names; ``strict`` includes ``recommended``.

    Rules that are a matter of taste are in no set: only their name brings them in.

    Raises KeyError with the word that is neither.
    """
    chosen: set[str] = set()
    for name in names:
        if name == "recommended":
            chosen.update(r.name for r in all_rules() if r.set is RuleSet.RECOMMENDED)
        elif name in ("strict", "all"):
            chosen.update(r.name for r in all_rules() if r.set is not RuleSet.OFF)
        else:
            named = rules_named(name)
            if not named:
                raise KeyError(name)
            chosen.update(r.name for r in named)
    return tuple(r for r in all_rules() if r.name in chosen)
