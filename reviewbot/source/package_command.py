"""Calls of package managers: what they are asked to do, with which options, and the packages they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from reviewbot.source.command import Command, ShellWord
from reviewbot.source.options import Options, read_options
from reviewbot.source.package_managers import APK, APT, PIP, Action, Manager, manager_called

_PYTHON = re.compile(r"(?:python|pypy)[0-9.]*\Z")
_LONGEST_VERB = 3
_ASKING = ("-v", "-V", "--version", "-h", "--help")
"""Options with which a manager that does something without a verb says something of itself instead."""
_ANSWERING = frozenset({"yes", "echo", "printf"})


class PackageCommand(Struct, frozen=True):
    """One call of a package manager, its global options in whatever order."""

    manager: Manager
    command: Command
    action: Action
    verb: str
    """As written, of one to three words (``install``, ``cache clean``); empty where there is none."""
    verb_words: tuple[ShellWord, ...]
    packages: tuple[ShellWord, ...]
    """The words after the verb that are no options and no values of options."""
    options: Options
    is_answered: bool = False
    """Whether something answers its questions by its standard input: ``yes | …``."""

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return self.options.has(*names)

    def values(self, *names: str) -> tuple[str, ...]:
        return self.options.values(*names)

    @property
    def refreshes(self) -> bool:
        """Whether it fetches the index of packages, by itself or along with what it does."""
        by_option = self.manager in (APT, APK) and self.has("-U", "--update", "--update-cache")
        return self.action is Action.REFRESH or by_option

    @property
    def flag_offset(self) -> int:
        """Where in the file a further option may be inserted: after the verb, else after the program."""
        return self.verb_words[-1].span.end if self.verb_words else self.command.program_span.end

    @property
    def name(self) -> str:
        """How people call it: ``apt-get install``, ``pip install``."""
        program = "pip" if self.manager is PIP else self.command.program or self.manager.name
        return f"{program} {self.verb}".strip()

    @property
    def identity(self) -> str:
        """What it is about in words that outlive other ways to write it: ``apt install jq`` for ``apt-get -y install
        jq=1.6``."""
        first = re.split(r"[=<>~@]|-\d", self.packages[0].value, maxsplit=1)[0] if self.packages else ""
        return " ".join(part for part in (self.manager.name, self.action.value, first) if part)


def read_package_commands(commands: Iterable[Command]) -> Iterator[PackageCommand]:
    """Those of a script's commands that call a package manager."""
    commands = list(commands)
    answering = {c.pipeline for c in commands if c.program in _ANSWERING and c.pipeline >= 0}
    for command in commands:
        words = command.arguments
        manager = manager_called(command.program) if command.program else None
        if command.program and _PYTHON.match(command.program):
            manager, words = _module(words)
        if manager is not None:
            yield _read(manager, command, words, command.pipeline in answering)


def with_values(call: PackageCommand, values: Mapping[str, str]) -> PackageCommand:
    """The call as it is made when its words, as written, are replaced by these, which may be several words each."""
    words: list[ShellWord] = []
    for word in call.command.arguments:
        if word.raw in values:
            words += [ShellWord(word.span, word.raw, value, is_literal=True) for value in values[word.raw].split()]
        else:
            words.append(word)
    manager, made = call.manager, tuple(words)
    if call.command.program and _PYTHON.match(call.command.program):
        _, made = _module(made)
    return _read(manager, call.command, made, call.is_answered)


def _module(words: tuple[ShellWord, ...]) -> tuple[Manager | None, tuple[ShellWord, ...]]:
    """The manager that ``python -m`` runs, and its arguments."""
    for position, word in enumerate(words):
        if word.value == "-m" and position + 1 < len(words):
            return manager_called(words[position + 1].value), words[position + 2 :]
        if not word.value.startswith("-"):
            break
    return None, ()


def _read(manager: Manager, command: Command, words: tuple[ShellWord, ...], is_answered: bool) -> PackageCommand:
    options, operands = read_options(words, manager.valued, has_clusters=manager.has_clusters)
    verb = _verb(manager, operands)
    length = len(verb.split())
    return PackageCommand(
        manager=manager,
        command=command,
        action=Action.OTHER if not verb and options.has(*_ASKING) else manager.verbs.get(verb, Action.OTHER),
        verb=verb,
        verb_words=operands[:length],
        packages=operands[length:],
        options=options,
        is_answered=is_answered,
    )


def _verb(manager: Manager, operands: tuple[ShellWord, ...]) -> str:
    """The longest of the manager's verbs that the operands begin with, else the first of them."""
    for length in range(min(_LONGEST_VERB, len(operands)), 0, -1):
        verb = " ".join(word.value for word in operands[:length])
        if verb in manager.verbs:
            return verb
    return operands[0].value if operands and " " not in operands[0].value else ""
