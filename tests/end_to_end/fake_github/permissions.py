"""Tokens: whose they are and what they may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FULL = {"contents": "write", "pull-requests": "write", "checks": "write", "statuses": "write", "issues": "write"}
LEAST = {"contents": "read", "pull-requests": "write", "checks": "write"}
READ_ONLY = {"contents": "read", "pull-requests": "read", "checks": "read", "statuses": "read", "issues": "read"}

_LEVELS = ("none", "read", "write")


@dataclass(frozen=True)
class Account:
    """Somebody: ``login`` as REST names them, a bot with `[bot]` at the end."""

    id: int
    login: str

    @property
    def is_bot(self) -> bool:
        return self.login.endswith("[bot]")


GITHUB_ACTIONS = Account(41898282, "github-actions[bot]")


@dataclass(frozen=True)
class Token:
    """``permissions`` are named as in a workflow's YAML; what is not named is `none`."""

    text: str
    account: Account
    permissions: Mapping[str, str]

    def may(self, permission: str) -> bool:
        """Whether it grants, say, `contents: read`."""
        name, _, level = permission.partition(": ")
        return _LEVELS.index(self.permissions.get(name, "none")) >= _LEVELS.index(level)


def without(permissions: Mapping[str, str], *names: str) -> dict[str, str]:
    """The same permissions but for those named."""
    return {name: level for name, level in permissions.items() if name not in names}
