"""Commands that clean up behind others."""

from __future__ import annotations

import re

from reviewbot.source.command import Command
from reviewbot.source.shell_words import brace_alternatives


def removes(command: Command, folder: re.Pattern[str]) -> bool:
    """Whether a command removes a path that the pattern matches from its start, or cleans up by its name (``docker-clean``).

    What a script of that name removes is not known: it is believed.
    """
    program = command.program or ""
    if program in ("rm", "find"):
        return any(folder.match(path) for word in command.arguments for path in brace_alternatives(word.value))
    return "clean" in program
