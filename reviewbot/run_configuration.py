"""What a change does to the configuration file, which is the base's until the merge."""

from __future__ import annotations

from reviewbot.change.model import Tree
from reviewbot.finding import Notice
from reviewbot.run import settings_from
from reviewbot.settings import CONFIG_PATHS, SettingsProblem

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
