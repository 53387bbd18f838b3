"""Programs that run another program given in their arguments: ``sudo``, ``env X=y``, ``nice -n 5``, ``sh -c``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from reviewbot.source.command import ShellWord
from reviewbot.source.text import Span

POSIX_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "mksh", "sh", "zsh"})

_LOGINS = frozenset({"runuser", "su"})
"""What starts another user's shell, and has it run a script."""

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


class _Wrapper(Struct, frozen=True):
    """``valued`` are the options that take the next word; ``operands`` come before the program."""

    valued: frozenset[str] = frozenset()
    operands: int = 0
    takes_assignments: bool = False
    queries: frozenset[str] = frozenset()
    """Options with which it runs nothing."""


def _wrapper(valued: str = "", operands: int = 0, takes_assignments: bool = False, queries: str = "") -> _Wrapper:
    return _Wrapper(frozenset(valued.split()), operands, takes_assignments, frozenset(queries.split()))


_WRAPPERS: Mapping[str, _Wrapper] = {
    "builtin": _wrapper(),
    "command": _wrapper(queries="-v -V"),
    "doas": _wrapper("-u -C", queries="-L"),
    "eatmydata": _wrapper(),
    "env": _wrapper("-u --unset -C --chdir -a --argv0", takes_assignments=True, queries="-S --split-string"),
    "exec": _wrapper("-a"),
    "fakeroot": _wrapper("-l --lib -f --faked -i -s -b"),
    "gosu": _wrapper(operands=1),
    "ionice": _wrapper("-c --class -n --classdata", queries="-p --pid"),
    "nice": _wrapper("-n --adjustment"),
    "nohup": _wrapper(),
    "setsid": _wrapper(),
    "runuser": _wrapper("-u --user -g --group -G --supp-group -w --whitelist-environment", queries="-c --command -l -"),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "su-exec": _wrapper(operands=1),
    "sudo": _wrapper(
        "-u --user -g --group -h --host -p --prompt -C --close-from -r --role -t --type -T --command-timeout "
        "-U --other-user -D --chdir -R --chroot",
        takes_assignments=True,
        queries="-e --edit -l --list -v --validate -V --version -K --remove-timestamp",
    ),
    "time": _wrapper("-f --format -o --output"),
    "timeout": _wrapper("-k --kill-after -s --signal", operands=1),
    "xargs": _wrapper(
        "-a --arg-file -d --delimiter -E -I -L --max-lines -n --max-args -P --max-procs -s --max-chars",
        queries="--help --version",
    ),
}


class Unwrapped(Struct, frozen=True):
    """A command's words with what wraps the program taken off; ``words`` begin with the program."""

    words: tuple[ShellWord, ...]
    wrappers: tuple[str, ...]
    assignments: tuple[tuple[str, str, Span], ...]


def unwrap(words: Sequence[ShellWord]) -> Unwrapped:
    """Look through wrappers. One that runs nothing (``sudo -v``, ``env`` alone) is itself the program."""
    position = 0
    wrappers: list[str] = []
    assignments: list[tuple[str, str, Span]] = []
    while position < len(words) and words[position].is_literal:
        name = base_name(words[position].value)
        wrapper = _WRAPPERS.get(name)
        inner = _past(wrapper, words, position + 1) if wrapper else None
        if wrapper is None or inner is None:
            break
        if wrapper.takes_assignments:
            while inner < len(words) and (match := _ASSIGNMENT.match(words[inner].value)):
                assignments.append((match[1], match[2], words[inner].span))
                inner += 1
        if inner >= len(words):
            break
        wrappers.append(name)
        position = inner
    return Unwrapped(tuple(words[position:]), tuple(wrappers), tuple(assignments))


def _past(wrapper: _Wrapper, words: Sequence[ShellWord], position: int) -> int | None:
    """The first word after a wrapper's options and operands; None where it runs nothing."""
    while position < len(words) and words[position].value.startswith("-"):
        option = words[position].value
        if option.split("=")[0] in wrapper.queries:
            return None
        position += 1
        if option == "--":
            break
        if option in wrapper.valued:
            position += 1
    position += wrapper.operands
    return position if position < len(words) else None


def shell_argument(words: Sequence[ShellWord]) -> ShellWord | None:
    """The script that ``sh -c script``, ``su user -c script`` or ``eval script`` runs, where these words do that."""
    if not words or not words[0].is_literal:
        return None
    name = base_name(words[0].value)
    if name in _LOGINS:
        given = (n for n, word in enumerate(words[1:], 2) if word.value in ("-c", "--command"))
        return next((words[n] for n in given if n < len(words)), None)
    if name == "eval" and len(words) == 2:
        return words[1]
    if name not in POSIX_SHELLS:
        return None
    position = 1
    has_script = False
    while position < len(words) and words[position].value[:1] in ("-", "+") and len(words[position].value) > 1:
        option = words[position].value
        position += 1
        if option == "--":
            break
        if option.startswith("--"):
            position += option in ("--rcfile", "--init-file")
            continue
        has_script = has_script or (option[0] == "-" and "c" in option)
        # `-o pipefail`, `-eo pipefail`: each such letter takes a word of its own.
        position += option.count("o") + option.count("O")
    return words[position] if has_script and position < len(words) else None


def reads_standard_input(words: Sequence[ShellWord]) -> bool:
    """Whether these words start a POSIX shell that takes its script from standard input."""
    if not words or not words[0].is_literal or base_name(words[0].value) not in POSIX_SHELLS:
        return False
    arguments = [word.value for word in words[1:]]
    if shell_argument(words):
        return False
    position = 0
    while position < len(arguments) and arguments[position][:1] in ("-", "+"):
        option = arguments[position]
        if option in ("-", "--", "-s"):
            return True
        position += 1
        if not option.startswith("--"):
            position += option.count("o") + option.count("O")
    return position >= len(arguments)


def interpreter_of(script: str) -> str | None:
    """The program a script's ``#!`` line names, seen through ``env``; None where it has no such line."""
    if not script.startswith("#!"):
        return None
    words = script[2:].split("\n", 1)[0].split()
    names = [base_name(word) for word in words if not word.startswith("-") and "=" not in word]
    if names[:1] == ["env"]:
        names = names[1:]
    return names[0] if names else ""


def base_name(program: str) -> str:
    return program.rsplit("/", 1)[-1]
