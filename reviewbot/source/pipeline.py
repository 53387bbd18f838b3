"""Pipelines of a script: which there are, and whether anybody looks at how they end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Instruction
from reviewbot.source.text import Span

_ENDS_EARLY = frozenset({"head", "less", "more", "read", "true", ":", "fzf"})
"""Commands that may stop reading before their input ends: what writes to them is then killed by SIGPIPE."""
_FAILS_ON_PURPOSE = frozenset({"grep", "egrep", "fgrep", "rg", "diff", "cmp", "test", "[", "yes", "find"})
"""Commands whose failure in the middle of a pipeline often means nothing."""
_HANDLED_AFTER = re.compile(r"[\s;]*[)}]?\s*\|\|")
_CONDITION_BEFORE = re.compile(r"(?:^|[;&|(\s])(?:if|elif|while|until|!)\s*[({]?\s*\Z")
_SUBSTITUTED = re.compile(r"(?:\$\(|`)\s*\Z")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=\"?(?:\$\(|`)\s*\Z")


class Pipeline(Struct, frozen=True, dict=True):
    """Two commands or more, each reading what the one before it writes."""

    commands: tuple[Command, ...]
    is_handled: bool
    """Whether the script itself deals with a failure: ``… || true``, ``if … | …``, ``! … | …``."""
    script: tuple[Command, ...]
    """All commands of the script it is in."""
    makes_words: bool = False
    """Whether its output becomes words of a command or a loop, so that nobody sees how it ends: not so for the one
    that is all of a variable's value."""

    @property
    def span(self) -> Span:
        return Span(self.commands[0].span.start, self.commands[-1].span.end)

    @cached_property
    def within(self) -> Command | None:
        """The command whose words the pipeline makes (``echo $(a | b)``), or whose script it is (``sh -c``)."""
        span = self.span
        outer = [c for c in self.script if c.span.contains(span) and c.span != span]
        return min(outer, key=lambda c: c.span.end - c.span.start, default=None)

    @property
    def bears_pipefail(self) -> bool:
        """Whether no part of it is known to fail in the normal course of things."""
        writers, last = self.commands[:-1], self.commands[-1]
        return not any(c.program in _FAILS_ON_PURPOSE for c in writers) and not any(
            _ends_early(c) for c in (*writers, last)
        )


def _ends_early(command: Command) -> bool:
    if command.program in _ENDS_EARLY:
        return True
    if command.program in ("grep", "egrep", "fgrep"):
        return command.has_flag("-q", "-m", "-l", "--quiet", "--silent", "--max-count")
    scripts = [word.value for word in command.arguments]
    if command.program == "sed":
        return any(re.search(r"(?:^|[;\d{/$])q(?:$|[;}\s])", script) for script in scripts)
    if command.program in ("awk", "gawk", "mawk"):
        return any("exit" in script for script in scripts)
    return False


def pipelines_of(run: Instruction) -> Iterator[Pipeline]:
    """The pipelines of an instruction's script, in the order of the text: those of its own shell, not of one that is fed
    a heredoc."""
    if run.script is None or run.shell_input is None:
        return
    source = run.shell_input.source
    end = source.file_span.end
    by_number: dict[int, list[Command]] = {}
    for command in run.script.commands:
        if command.pipeline >= 0 and command.span.end <= end:
            by_number.setdefault(command.pipeline, []).append(command)
    for members in by_number.values():
        commands = _own(members)
        if len(commands) < 2:
            continue
        start, end = source.index(commands[0].span.start), source.index(commands[-1].span.end)
        before = source.text[max(0, start - 60) : start]
        yield Pipeline(
            commands,
            is_handled=bool(_HANDLED_AFTER.match(source.text, end) or _CONDITION_BEFORE.search(before)),
            makes_words=bool(_SUBSTITUTED.search(before)) and not _ASSIGNED.search(before),
            script=run.script.commands,
        )


def _own(members: list[Command]) -> tuple[Command, ...]:
    """The commands of the pipeline itself, without those that make words of one of them."""
    own: list[Command] = []
    for command in members:
        if not own or not own[-1].span.contains(command.span):
            own.append(command)
    return tuple(own)


def sets_option(command: Command, name: str, letter: str = "") -> bool:
    """Whether a command is ``set -o name``, or has the option's letter: ``set -euo pipefail``."""
    if command.program != "set" or command.in_subshell:
        return False
    for word in command.arguments:
        if word.value == name:
            return True
        if letter and re.fullmatch(r"-[A-Za-z]+", word.value) and letter in word.value:
            return True
    return False
