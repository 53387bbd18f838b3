"""Secrets that a command line gives to options: ``--db-password=…``, ``--token …``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct

from reviewbot.source.secrets import secret_in_assignment

_NAMED_OTHERWISE = {"requirepass": "require_pass", "masterauth": "master_password"}
"""Options of a secret whose names do not read as one, by a name that does."""
_LONGEST = 10_000


class SecretOption(Struct, frozen=True):
    """An option, its value, what kind of secret that is, and in which of the words it stands."""

    option: str
    value: str
    kind: str
    word: int


def secret_options(words: Sequence[str]) -> Iterator[SecretOption]:
    """The options among a command's words that hold a secret in the clear; a word may be a whole command line."""
    pieces = [(piece, number) for number, word in enumerate(words) for piece in _split(word[:_LONGEST])]
    for position, (piece, number) in enumerate(pieces):
        if not piece.startswith("--"):
            continue
        option, equals, value = piece.partition("=")
        if not equals:
            value, number = pieces[position + 1] if position + 1 < len(pieces) else ("", number)
            if value.startswith("-"):
                continue
        name = option.strip("-")
        kind = secret_in_assignment(_NAMED_OTHERWISE.get(name, name), value)
        # ``--secret id=token,src=…`` names a secret, and holds none.
        if kind is not None and not value.startswith(("id=", "type=", "<", "`")):
            yield SecretOption(option, value, kind, number)


def _split(word: str) -> list[str]:
    try:
        return shlex.split(word) if any(sign.isspace() for sign in word) else [word]
    except ValueError:
        return word.split()
