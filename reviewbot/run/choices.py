"""The settings of a version, and the rules that they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewbot.change.model import Tree
from reviewbot.configuration import Configuration
from reviewbot.rules.rule import Rule
from reviewbot.rules.selection import choose, default_rules
from reviewbot.settings import CONFIG_PATHS, Settings, SettingsProblem
from reviewbot.source.text import Text

DEFAULTS = Settings()


def settings_from(tree: Tree, overrides: Mapping[str, Any], named: Text | None = None) -> Settings:
    """The settings of a version of the repository (or of a file named by hand), overridden by options.

    Raises SettingsProblem with file and line.
    """
    text = named or next((text for path in CONFIG_PATHS if (text := tree.read(path))), None)
    configuration = Configuration(text)
    settings = configuration.settings(overrides)
    if (settings.rules, settings.overrides) == (DEFAULTS.rules, DEFAULTS.overrides):
        return settings
    try:
        chosen_rules(settings)
    except SettingsProblem as problem:
        is_of_the_file = overrides.get("rules") is None or problem.keys[:1] != ("rules",)
        raise (configuration.located(problem) if is_of_the_file else problem) from None
    return settings


def chosen_rules(settings: Settings, without: frozenset[str] = frozenset()) -> tuple[Rule, ...]:
    """The rules that the settings ask for; ``without`` are folders of rules that have nothing to say of what there is.

    Raises SettingsProblem for a name that is none.
    """
    if (settings.rules, settings.overrides) == (DEFAULTS.rules, DEFAULTS.overrides):
        return default_rules(without)
    return choose(settings.rules, settings.overrides)
