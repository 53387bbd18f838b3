"""How a command ends."""

from __future__ import annotations

OK, FINDINGS, USAGE = 0, 1, 2
"""Exit statuses: clean; findings at or above ``fail-on``, or a broken budget; a usage or input error."""


class UsageProblem(Exception):
    """Something on the command line that cannot be done."""
