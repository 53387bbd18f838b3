"""Options of a package manager that a variable holds: ``apt-get install $FLAGS curl``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.package_command import PackageCommand, with_values

_VARIABLE = re.compile(r"\"?\$(?:(\w+)|\{(\w+)\})\"?\Z", re.ASCII)


def package_commands(dockerfile: Dockerfile, run: Instruction) -> tuple[PackageCommand, ...]:
    """The calls of a RUN, with the options that ARG, ENV or an assignment of its script puts into their variables."""
    return tuple(_with_options(dockerfile, run, call) for call in run.package_commands)


def _with_options(dockerfile: Dockerfile, run: Instruction, call: PackageCommand) -> PackageCommand:
    values = dict(_values(dockerfile, run, call))
    return with_values(call, values) if values else call


def _values(dockerfile: Dockerfile, run: Instruction, call: PackageCommand) -> Iterator[tuple[str, str]]:
    for word in call.command.arguments:
        variable = None if word.is_literal else _VARIABLE.match(word.raw)
        if variable is None:
            continue
        name = variable[1] or variable[2]
        value = _assigned(dockerfile, run, name) or dockerfile.expand(f"${{{name}}}", run)
        if value is not None and value.startswith("-"):
            yield word.raw, value


def _assigned(dockerfile: Dockerfile, run: Instruction, name: str) -> str | None:
    """The value that the script itself gives to a variable, where it is plain text."""
    given = re.search(
        rf"(?<![\w$]){name}=(?:\"([^\"$`\\]*)\"|'([^']*)'|([\w./-]+))", dockerfile.text[run.span], re.ASCII
    )
    return next((value for value in given.groups() if value is not None), None) if given else None
