"""What ShellCheck is asked, and what it says: plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShellScript:
    """A script as ShellCheck is given it. Its value is its identity: the same script is asked about once.

    ``dialect`` is a name ShellCheck knows (``sh``, ``bash``, ``dash``, ``busybox``, ``ksh``); ``options`` are those
    the shell is started with (``-e``, ``-euo pipefail``); ``variables`` are the names that the script uses and
    something outside of it sets, each with its value where that is certain.
    """

    text: str
    dialect: str
    options: str = ""
    variables: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """Replace ``start``..``end`` of the script's text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """One of ShellCheck's comments: ``start``..``end`` are offsets into the script's text.

    ``level`` is ShellCheck's own: ``error``, ``warning``, ``info`` or ``style``.
    """

    code: int
    level: str
    message: str
    start: int
    end: int
    fix: tuple[Replacement, ...] = ()

    @property
    def name(self) -> str:
        return f"SC{self.code:04}"
