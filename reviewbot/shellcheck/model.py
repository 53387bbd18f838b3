"""What ShellCheck is asked, and what it says: plain values."""

from __future__ import annotations

from msgspec import Struct


class ShellScript(Struct, frozen=True):
    """A script as ShellCheck is given it. Its value is its identity: the same script is asked about once.

    ``dialect`` is a name ShellCheck knows (``sh``, ``bash``, ``dash``, ``busybox``, ``ksh``); ``options`` are those
    the shell is started with (``-e``, ``-euo pipefail``); ``variables`` are the names that the script uses and
    something outside of it sets, each with its value where that is certain.
    """

    text: str
    dialect: str
    options: str = ""
    variables: tuple[tuple[str, str | None], ...] = ()


class Replacement(Struct, frozen=True):
    """Replace ``start``..``end`` of the script's text."""

    start: int
    end: int
    text: str


class Remark(Struct, frozen=True):
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
