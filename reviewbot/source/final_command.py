"""The program that a shell script ends in: the one that could take the shell's place."""

from __future__ import annotations

import re

from reviewbot.source.command import Command, Script
from reviewbot.source.text import Span

_ARGUMENTS = re.compile(r'"?\$(?:@|\*|\{@\}|\{\*\})"?\Z')
_REST = re.compile(r"(?:[ \t;]|#[^\n]*|\r?\n)*\Z")
_BACKGROUND = re.compile(r"(?<![&>|\\])&(?![&>])")
_OWN = frozenset(
    {
        "[", "[[", ":", ".", "alias", "break", "cd", "continue", "declare", "echo", "eval", "exec", "exit", "export",
        "false", "kill", "local", "printf", "read", "readonly", "return", "set", "shift", "source", "test", "trap",
        "true", "type", "ulimit", "umask", "unset", "wait",
    }
)  # fmt: skip


def final_command(script: Script, content: str, end: int) -> Command | None:
    """The last command of a script, where ``exec`` could stand before it and change nothing else.

    ``content`` is the file, ``end`` where the script ends in it. None where the last thing is part of a block or of a
    pipeline, runs in the background or beside what does, is the shell's own, a function, or where the script waits for signals or
    children itself.
    """
    if not script.commands or any(
        c.program in ("trap", "wait", "exec") or "exec" in c.wrappers for c in script.commands
    ):
        return None
    last = max(script.commands, key=lambda c: (c.span.end, -c.span.start))
    if _BACKGROUND.search(content[script.span.start : last.span.start]):
        return None
    if last.in_subshell or last.pipeline != -1 or not _REST.match(content[last.span.end : end]):
        return None
    if any(c is not last and c.span.contains(last.span) for c in script.commands):
        return None
    written = content[last.span.start : last.span.end]
    if is_argument_list(written):
        return last
    if any(c.program == last.program for c in script.commands if c is not last):
        return None  # A job that calls one tool again and again, not a service.
    if last.program is None or last.program in _OWN or last.wrappers:
        return None
    name = re.escape(last.program)
    is_function = re.search(rf"(?:^|[\s;])(?:function\s+{name}\b|{name}\s*\(\))", content)
    return None if is_function else last


def is_argument_list(written: str) -> bool:
    """Whether a command is nothing but the arguments that the script was given: ``"$@"``."""
    return _ARGUMENTS.match(written) is not None


def exec_at(command: Command, content: str) -> int:
    """Where ``exec`` goes: before the program, behind variables that are set for it."""
    written = content[command.span.start : command.span.end]
    at = command.program_span.start
    return at if command.program and command.span.contains(Span(at, at)) else command.span.start if written else at
