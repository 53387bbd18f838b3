"""Git as a database of objects: plumbing commands only, with all that could run a stranger's code switched off."""

from __future__ import annotations

import copy
import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO

from reviewbot.change.problem import GitProblem, NoRepository

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

_OFF = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "core.untrackedCache=false",
    "diff.external=",
    "safe.directory=*",
    "protocol.allow=never",
)
"""Settings that win over the repository's own, which is as hostile as the rest of a stranger's checkout."""

_KEPT = frozenset({"GIT_SSL_CAINFO", "GIT_SSL_CAPATH"})
"""Git's own variables that are passed on: the certificates of a server that is not GitHub's."""

SECONDS = 120
OUTPUT_LIMIT = 128 * 1024 * 1024
"""Bytes that a command may print: a tree of a few kilobytes can list more files than fit into any memory."""


class Repository:
    """A repository on disk, read through its objects.

    ``root`` is the top of its working tree (or the bare repository itself). Raises GitProblem where there is none.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise GitProblem(f"{folder}: there is no such folder")
        self.root = folder
        self._environment: dict[str, str | None] = {}
        try:
            self.is_bare = self.run("rev-parse", "--is-bare-repository").strip() == b"true"
        except GitProblem as problem:
            if "not a git repository" in str(problem):
                raise NoRepository(f"{folder} is not in a git repository") from None
            raise
        if not self.is_bare:
            self.root = self._top(folder)

    def _top(self, folder: Path) -> Path:
        try:
            top = Path(os.fsdecode(_line(self.run("rev-parse", "--show-toplevel"))))
        except GitProblem:
            raise GitProblem(f"{folder} is git's own folder: name the working tree instead") from None
        # `core.worktree` may name any folder, and what is fixed is written there.
        if not folder.resolve().is_relative_to(top.resolve()):
            raise GitProblem(f"the git configuration in {folder} is for another working tree: {top}")
        return top

    def with_environment(self, variables: Mapping[str, str | None]) -> Repository:
        """The same repository, its commands run with further variables, and without those that are None."""
        other = copy.copy(self)
        other._environment = {**self._environment, **variables}
        return other

    @cached_property
    def git_dir(self) -> Path:
        """Where this working tree's index is."""
        return self.root / os.fsdecode(_line(self.run("rev-parse", "--absolute-git-dir")))

    @cached_property
    def common_dir(self) -> Path:
        """Where the objects are: shared by all working trees of a repository."""
        return self.root / os.fsdecode(_line(self.run("rev-parse", "--git-common-dir")))

    def command(self, *arguments: str, config: Sequence[str] = ()) -> list[str]:
        """A git command's words."""
        settings = [word for setting in (*_OFF, *config) for word in ("-c", setting)]
        return ["git", "--no-pager", "--literal-pathspecs", "--no-replace-objects", *settings, *arguments]

    def environment(self) -> dict[str, str]:
        """The variables that its commands run with."""
        return environment(self._environment)

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        ok: Sequence[int] = (0,),
        config: Sequence[str] = (),
        seconds: float = SECONDS,
    ) -> bytes:
        """The output of a git command.

        Raises GitProblem when it ends with a status that is not in ``ok``, takes too long, or prints too much.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(stdin)
            given.seek(0)
            status, output = self._run(self.command(*arguments, config=config), given, said, seconds)
            said.seek(0)
            if status not in ok:
                raise GitProblem(_complaint(said.read(100_000)) or f"git {arguments[0]} failed")
        return output

    def _run(self, command: Sequence[str], given: IO[bytes], said: IO[bytes], seconds: float) -> tuple[int, bytes]:
        try:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                env=self.environment(),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=said,
                process_group=0,
            )
        except FileNotFoundError:
            raise GitProblem("git is not installed, or not on PATH") from None
        except (OSError, ValueError) as problem:
            raise GitProblem(f"git could not be started in {self.root}: {problem}") from None
        try:
            output = _all_output(process, time.monotonic() + seconds)
            return process.wait(seconds), output
        except (TimeoutError, subprocess.TimeoutExpired):
            raise GitProblem(f"git did not end within {seconds:.0f} seconds") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def commit(self, reference: str) -> str | None:
        """The commit id that a reference means; None when there is no such commit here."""
        found = self.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}", ok=(0, 1, 128)
        )
        return _id(found)

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits; None when there is none (or the history is cut off)."""
        return _id(self.run("merge-base", one, other, ok=(0, 1)))

    def is_shallow(self) -> bool:
        return self.run("rev-parse", "--is-shallow-repository").strip() == b"true"

    def is_partial(self) -> bool:
        """Whether contents were left away (``clone --filter``), to be fetched when they are needed."""
        promised = r"^(extensions\.partialclone|remote\..*\.promisor)$"
        return bool(self.run("config", "-z", "--name-only", "--get-regexp", promised, ok=(0, 1)))


def is_object_id(text: str) -> bool:
    """Whether a text is a full object id (SHA-1 or SHA-256): the only form in which events are believed."""
    return _OBJECT_ID.fullmatch(text) is not None


def environment(extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment of git commands: no ``GIT_*`` of ours, no user's or system's configuration, no network.

    ``extra`` variables win; those that are None are left away.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    chosen = {
        **kept,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
        **(extra or {}),
    }
    return {name: value for name, value in chosen.items() if value is not None}


def quoted(path: bytes) -> bytes:
    """A path as git reads it from a line of a list, whatever bytes it has."""
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _all_output(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """What a process prints until it closes its output. Raises TimeoutError, and GitProblem over the limit."""
    if process.stdout is None:
        return b""
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            data = os.read(process.stdout.fileno(), 1 << 20)
            if not data:
                return bytes(output)
            output += data
            if len(output) > OUTPUT_LIMIT:
                limit = OUTPUT_LIMIT // 1024 // 1024
                raise GitProblem(f"the repository is too large to look at: git printed more than {limit} MiB")


def _complaint(said: bytes) -> str:
    """The line of git's words that says what went wrong."""
    lines = [
        "".join(c if c.isprintable() else "?" for c in line) for line in said.decode("utf-8", "replace").split("\n")
    ]
    lines = [line for line in lines if line.strip()]
    chosen = next((line for line in lines if line.startswith(("fatal: ", "error: "))), lines[0] if lines else "")
    return chosen.removeprefix("fatal: ").removeprefix("error: ")[:500]


def _line(output: bytes) -> bytes:
    """A path that git printed: it may hold newlines itself."""
    return output.removesuffix(b"\n")


def _id(output: bytes) -> str | None:
    """The first object id that git printed."""
    word = output.decode("ascii", "replace").split("\n")[0].strip()
    return word if is_object_id(word) else None
