"""What is known of scripts while a version is judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reviewbot.shellcheck.model import Remark, ShellScript

_NOTHING: Mapping[ShellScript, tuple[Remark, ...]] = MappingProxyType({})


class Remarks:
    """What ShellCheck said, by the scripts themselves: what it says of one holds wherever it stands.

    Of any other script nothing is known. ``wanted`` has those that somebody looked for in vain, each with the files they
    stand in: they are the scripts that suggestions would make, and ShellCheck can be asked about them next.
    """

    def __init__(self, known: Mapping[ShellScript, tuple[Remark, ...]] = _NOTHING) -> None:
        self.known = known
        self.wanted: dict[ShellScript, set[str]] = {}

    def of(self, script: ShellScript, path: str) -> tuple[Remark, ...]:
        """The remarks about a script of the Dockerfile at ``path``."""
        found = self.known.get(script)
        if found is None:
            self.wanted.setdefault(script, set()).add(path)
        return found or ()
