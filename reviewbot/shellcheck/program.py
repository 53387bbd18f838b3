"""Asking the ShellCheck program: all scripts of a review in one call."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

import msgspec

from reviewbot.shellcheck.model import Remark, Replacement, ShellScript

SECONDS: float = 60
"""What all calls for one review may take."""
MOST_MEMORY = 1024 * 1024 * 1024
"""Bytes that one call may take, where the system can hold it to that: deep nesting takes as much as there is, and two
thousand scripts of real Dockerfiles 60 MB."""

_BAD_OPTIONS = 4
"""Its exit status for an option that it does not know."""

MOST_CALLS = 4
WORTH_A_CALL = 16
"""Scripts: to start the program takes about as long as to judge that many."""

MOST_SCRIPTS = 3_000
MOST_CHARACTERS = 3_000_000
"""All scripts together."""

_LEADING_COMMENTS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")


class ShellCheckProblem(Exception):
    """ShellCheck did not answer: why."""


class _UnknownOption(Exception):
    """This ShellCheck is older than an option."""


class _Change(msgspec.Struct, rename="camel"):
    line: int
    end_line: int
    column: int
    end_column: int
    replacement: str


class _Fix(msgspec.Struct):
    replacements: tuple[_Change, ...]


class _Comment(msgspec.Struct, rename="camel"):
    file: str
    line: int
    end_line: int
    column: int
    end_column: int
    level: str
    code: int
    message: str
    fix: _Fix | None = None


class _Answer(msgspec.Struct):
    comments: tuple[_Comment, ...]


class ShellCheck(msgspec.Struct, frozen=True):
    """The program at ``path``.

    To follow values takes it half as long again; all that this tells it is of the levels ``info`` and ``style``.
    """

    path: str
    follows_values: bool = True

    @classmethod
    def find(cls) -> ShellCheck | None:
        """The one on PATH, else the one installed beside this Python; None where there is none."""
        path = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
        return cls(path) if path else None

    def check(self, scripts: Iterable[ShellScript]) -> dict[ShellScript, tuple[Remark, ...]]:
        """What it says of each script; those over the limits are left out. Raises ShellCheckProblem."""
        asked = _within_limits(scripts)
        if not asked:
            return {}
        with tempfile.TemporaryDirectory(prefix="reviewbot-shellcheck-") as folder:
            try:
                prepared, comments = self._ask(folder, asked, is_recent=True)
            except _UnknownOption:
                prepared, comments = self._ask(folder, asked, is_recent=False)
        remarks: list[list[Remark]] = [[] for _ in prepared]
        for comment in comments:
            number = int(comment.file)
            remark = prepared[number].remark(comment)
            if remark is not None:
                remarks[number].append(remark)
        return {
            script: tuple(sorted(found, key=lambda r: (r.start, r.end, r.code)))
            for script, found in zip(asked, remarks, strict=True)
        }

    def _ask(
        self, folder: str, scripts: Sequence[ShellScript], *, is_recent: bool
    ) -> tuple[list[_Prepared], list[_Comment]]:
        """As many calls at once as there are processors. Before 0.10 it knows no busybox and always follows values as far
        as it can."""
        prepared = [_Prepared.of(script, knows_busybox=is_recent) for script in scripts]
        for number, each in enumerate(prepared):
            Path(folder, str(number)).write_text(each.content, encoding="utf-8", newline="")
        follow = [f"--extended-analysis={str(self.follows_values).lower()}"] if is_recent else []
        command = [self.path, "--norc", "--format=json1", *follow, "--"]
        names = [str(number) for number in range(len(prepared))]
        calls = min(MOST_CALLS, os.cpu_count() or 1, -(-len(names) // WORTH_A_CALL))
        comments: list[_Comment] = []
        for status, output in _outputs_of([[*command, *names[first::calls]] for first in range(calls)], folder):
            if status == _BAD_OPTIONS and is_recent:
                raise _UnknownOption
            if status not in (0, 1):
                raise ShellCheckProblem(f"it ended with status {status}")
            if not output:
                raise ShellCheckProblem(f"it took more than {MOST_MEMORY // 1024**2} MiB of memory, or was ended")
            try:
                comments += msgspec.json.decode(output, type=_Answer).comments
            except msgspec.DecodeError:
                raise ShellCheckProblem("its answer is not in the format `json1`") from None
        return prepared, comments


def _outputs_of(commands: Iterable[list[str]], folder: str) -> list[tuple[int, bytes]]:
    """The exit status and standard output of programs that run side by side.

    All are ended, with all their children, when one takes too long.
    """
    deadline = time.monotonic() + SECONDS
    with ExitStack() as stack:
        started = []
        for command in commands:
            output = stack.enter_context(tempfile.TemporaryFile(dir=folder))
            process = stack.enter_context(_start(command, folder, output))
            stack.callback(_end, process)
            started.append((process, output))
        try:
            for process, _ in started:
                process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise ShellCheckProblem(f"it took longer than {SECONDS:g} seconds") from None
        outputs = []
        for process, output in started:
            output.seek(0)
            outputs.append((process.returncode, output.read()))
        return outputs


def _start(command: list[str], folder: str, output: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        raise ShellCheckProblem(problem.strerror or "it could not be started") from None
    _limit_memory(process)
    return process


def _limit_memory(process: subprocess.Popen[bytes]) -> None:
    """Where the system has limits for another process: on Linux."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError):  # it may have ended already
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _environment() -> Mapping[str, str]:
    """No options of the user's own (SHELLCHECK_OPTS), and UTF-8 whatever the locale."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": os.devnull}


def _within_limits(scripts: Iterable[ShellScript]) -> list[ShellScript]:
    kept: list[ShellScript] = []
    characters = 0
    for script in dict.fromkeys(scripts):
        characters += len(script.text)
        if len(kept) == MOST_SCRIPTS or characters > MOST_CHARACTERS:
            break
        kept.append(script)
    return kept


class _Prepared(msgspec.Struct, frozen=True):
    """A script's file: lines of ours say which shell it is and what is set, the others are the script's own.

    The lines for variables stand behind the script's first comments, so that a directive there still counts for all
    of it.
    """

    content: str
    starts: tuple[int, ...]
    """Where each line of the file begins in the script's text; -1 for a line of ours."""
    length: int

    @classmethod
    def of(cls, script: ShellScript, *, knows_busybox: bool) -> _Prepared:
        dialect = "dash" if script.dialect == "busybox" and not knows_busybox else script.dialect
        # An option that the shell is started with counts as set: ShellCheck looks for it in the `#!` line.
        head = [f"#!/bin/sh {script.options}"] if script.options else []
        head.append(f"# shellcheck shell={dialect}")
        match = _LEADING_COMMENTS.match(script.text)
        comments = match[0] if match else ""
        own = comments.split("\n")[:-1]
        rest = script.text[len(comments) :].split("\n")
        settings = [_exported(script.variables)] if script.variables else []
        starts, position = [], 0
        for line in (*own, *rest):
            starts.append(position)
            position += len(line) + 1
        ours = [-1] * len(head), [-1] * len(settings)
        return cls(
            content="\n".join((*head, *own, *settings, *rest)) + "\n",
            starts=(*ours[0], *starts[: len(own)], *ours[1], *starts[len(own) :]),
            length=len(script.text),
        )

    def remark(self, comment: _Comment) -> Remark | None:
        """A comment with its places in the script; None for one about a line of ours."""
        start, end = self._offset(comment.line, comment.column), self._offset(comment.end_line, comment.end_column)
        if start is None or end is None:
            return None
        return Remark(
            comment.code, comment.level, comment.message, start, max(start, end), self._replacements(comment.fix)
        )

    def _replacements(self, fix: _Fix | None) -> tuple[Replacement, ...]:
        made = []
        for change in fix.replacements if fix else ():
            start, end = self._offset(change.line, change.column), self._offset(change.end_line, change.end_column)
            if start is None or end is None or end < start:
                return ()
            made.append(Replacement(start, end, change.replacement))
        return tuple(made)

    def _offset(self, line: int, column: int) -> int | None:
        if not 1 <= line <= len(self.starts):
            return self.length
        start = self.starts[line - 1]
        return None if start < 0 else min(start + column - 1, self.length)


def _exported(variables: Iterable[tuple[str, str | None]]) -> str:
    """A line that sets them; of a value that may vary ShellCheck learns nothing."""
    return "export " + " ".join(
        f"{name}='{value}'" if value is not None else f'{name}="${{{name}:-}}"' for name, value in variables
    )
