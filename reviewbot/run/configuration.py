"""What a change does to the configuration file, which is the base's until the merge."""

from __future__ import annotations

from typing import Any

from reviewbot.change.model import Tree
from reviewbot.configuration import Configuration
from reviewbot.finding import Notice
from reviewbot.run.choices import chosen_rules, settings_from
from reviewbot.settings import CONFIG_PATHS, SettingsProblem
from reviewbot.source.text import Text

_MOST = 50
"""Problems of one file that are told at once."""

_LONGEST = 400
"""Characters of the problem that are told: the head writes them."""


def configuration_notices(base: Tree, head: Tree) -> tuple[Notice, ...]:
    """That a change edits the configuration, and what is wrong with its new content: nobody would see it before."""
    changed = [path for path in CONFIG_PATHS if base.read(path) != head.read(path)]
    notices = [
        Notice("This change edits the configuration. What it says applies after the merge.", path) for path in changed
    ]
    if not changed:
        return ()
    try:
        settings_from(head, {})
    except SettingsProblem as problem:
        message = str(problem)
        if len(message) > _LONGEST:
            message = f"{message[:_LONGEST]}…"
        path = next((path for path in CONFIG_PATHS if head.read(path) is not None), changed[0])
        line, told, words = message.removeprefix(f"{path}:").partition(": ")
        is_placed = bool(told) and line.isdecimal()
        said = f"The new configuration is wrong: after the merge every review would end with “{words if is_placed else message}”"
        notices.append(Notice(f"{said}. Mend it in this change.", path, int(line) if is_placed else None))
    return tuple(notices)


def configuration_problems(text: Text | None) -> list[str]:
    """All that is wrong with a configuration file, each with its line: what is wrong is left out, and the rest read."""
    found: list[str] = []
    try:
        configuration = Configuration(text)
    except SettingsProblem as problem:
        return [str(problem)]
    while len(found) < _MOST:
        try:
            chosen_rules(configuration.settings({}))
        except SettingsProblem as problem:
            # What names its line already was located before; a rule's name was not.
            told = problem if text and str(problem).startswith(text.path) else configuration.located(problem)
            found.append(str(told))
            if not _left_out(configuration.values, problem.keys):
                break
        else:
            break
    return sorted(found, key=lambda told: _line_of(told, text))


def _line_of(told: str, text: Text | None) -> int:
    line = told.removeprefix(f"{text.path}:" if text else "").partition(":")[0]
    return int(line) if line.isdecimal() else 0


def _left_out(values: Any, keys: tuple[str | int, ...]) -> bool:
    """Take out what these keys lead to, or the innermost of its names that is there; False where nothing is."""
    innermost: tuple[dict[str, Any], str] | None = None
    for position, key in enumerate(keys):
        if isinstance(values, dict) and key in values:
            innermost = values, str(key)
            values = values[key]
        elif isinstance(values, list) and isinstance(key, int) and key < len(values):
            values = values[key]
        elif isinstance(values, list) and position == len(keys) - 1 and values != (kept := _others(values, key)):
            values[:] = kept
            return True
        else:
            break
    if innermost is None:
        return False
    del innermost[0][innermost[1]]
    return True


def _others(names: list[Any], name: str | int) -> list[Any]:
    return [each for each in names if each not in (name, f"-{name}")]
