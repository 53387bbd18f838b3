"""Secrets among the words of a command: values of variables and options, users with their passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from reviewbot.source.command import Command, ShellWord
from reviewbot.source.secrets import is_placeholder, secret_in_assignment
from reviewbot.source.text import Span

_OPTIONS = frozenset(
    {
        *(
            "--password",
            "--passwd",
            "--pass",
            "--token",
            "--api-key",
            "--apikey",
            "--access-token",
            "--auth-token",
            "--secret",
        ),
        *("--client-secret", "--secret-key", "--access-key", "--http-password", "--ftp-password", "--proxy-password"),
        *("--registry-token", "--root-password", "--admin-password", "--db-password", "--dbpass", "--rpc-password"),
    }
)
_LOGINS = {"docker": "-p", "podman": "-p", "buildah": "-p", "skopeo": "-p"}
_ALONE = {
    "sshpass": "-p", "redis-cli": "-a", "mongo": "-p", "mongosh": "-p", "ldapadd": "-w", "ldapmodify": "-w", "ldapsearch": "-w",
}  # fmt: skip
"""Programs whose password follows this option, whatever else is asked of them."""

_JOINED = frozenset(
    ("mysql", "mysqladmin", "mysqldump", "mysqlimport", "mysqlshow", "mariadb", "mariadb-admin", "mariadb-dump")
)
"""Programs whose password is written right behind ``-p``."""

_NPM = frozenset({"npm", "pnpm", "yarn"})
_NPM_KEY = re.compile(r":_(?:authToken|auth|password)\Z")
"""What a registry's credential is called in ``npm config set``."""

_USER_OPTIONS = {"curl": ("-u", "--user", "--proxy-user", "-U"), "http": ("-a", "--auth"), "xh": ("-a", "--auth")}
_ACCOUNT = re.compile(r"(?P<user>[A-Za-z_][\w.-]{0,60}):(?P<password>[^\s:]{4,200})")
_KNOWN_DEFAULTS = frozenset({"Docker!", "changeit"})
"""Passwords that a platform prescribes: Azure's for its SSH console, Java's for its own key store."""


class CommandSecret(Struct, frozen=True):
    """A secret's place, what names it, and what kind it is."""

    span: Span
    name: str
    kind: str


def secrets_of_commands(commands: Sequence[Command]) -> Iterator[CommandSecret]:
    """The secrets that a script's commands are given as they are."""
    for command in commands:
        yield from _of_command(command)


def _of_command(command: Command) -> Iterator[CommandSecret]:
    exported = command.arguments if command.program in ("export", "declare", "local", "readonly") else ()
    words = [(*word.value.partition("=")[::2], word.span) for word in exported if "=" in word.value]
    for name, value, span in (*command.assignments, *words):
        kind = secret_in_assignment(name, value)
        if kind is not None:
            yield CommandSecret(Span(span.start + len(name) + 1, span.end), name, kind)
    yield from _options(command)


def _options(command: Command) -> Iterator[CommandSecret]:
    arguments, program = command.arguments, command.program or ""
    for position, word in enumerate(arguments):
        option, equals, joined = word.value.partition("=")
        following = arguments[position + 1] if position + 1 < len(arguments) else None
        if option in _OPTIONS:
            if equals and word.is_literal and _is_secret(joined):
                yield CommandSecret(Span(word.span.start + len(option) + 1, word.span.end), option, "a secret")
            elif not equals and following is not None and _is_given(following):
                yield CommandSecret(following.span, option, "a secret")
        elif following is not None and option == _ALONE.get(program) and _is_given(following):
            yield CommandSecret(following.span, f"{program} {option}", "a password")
        elif following is not None and option == _LOGINS.get(program) and _is_given(following):
            if any(w.value == "login" for w in arguments):
                yield CommandSecret(following.span, f"{program} {option}", "a password")
        elif program in _NPM and _NPM_KEY.search(option):
            if equals and word.is_literal and _is_secret(joined):
                yield CommandSecret(Span(word.span.start + len(option) + 1, word.span.end), option, "a token")
            elif not equals and following is not None and _is_given(following):
                yield CommandSecret(following.span, option, "a token")
        elif program in _JOINED and word.is_literal and word.value.startswith("-p") and _is_joined(command, word):
            yield CommandSecret(
                Span(word.span.start + word.raw.find("-p") + 2, word.span.end), f"{program} -p", "a password"
            )
        elif following is not None and option in _USER_OPTIONS.get(program, ()):
            account = _ACCOUNT.fullmatch(following.value)
            if account and following.is_literal and _is_secret(account["password"]):
                yield CommandSecret(following.span, option, "a password")


def _is_joined(command: Command, word: ShellWord) -> bool:
    """Whether a secret stands behind ``-p``: one that is no more than the user's name is that of a test."""
    password = word.value[2:]
    return _is_secret(password) and not any(w.value.removeprefix("-u") == password for w in command.arguments)


def _is_given(word: ShellWord) -> bool:
    return word.is_literal and not word.value.startswith("-") and _is_secret(word.value)


def _is_secret(value: str) -> bool:
    return (
        len(value) >= 4
        and not is_placeholder(value)
        and not value.startswith(("/", "@"))
        and value not in _KNOWN_DEFAULTS
    )
