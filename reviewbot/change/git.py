"""Git as a database of objects: plumbing commands only, with all that could run a stranger's code switched off."""

from __future__ import annotations

import copy
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

_OFF = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "core.untrackedCache=false",
    "diff.external=",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.renameLimit=2000",
    "diff.algorithm=myers",
    "diff.indentHeuristic=true",
    "diff.context=3",
    "diff.interHunkContext=0",
    "safe.directory=*",
    "protocol.allow=never",
)
"""Settings that win over the repository's own, which is as hostile as the rest of a stranger's checkout."""

SECONDS = 120


class GitProblem(Exception):
    """Git could not do what was asked: what is wrong, and what to do about it, for a person."""


class Repository:
    """A repository on disk, read through its objects.

    ``root`` is the top of its working tree (or the bare repository itself). Raises GitProblem where there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self._environment: dict[str, str] = {}
        self._no_filters: tuple[str, ...] = ()
        try:
            bare = self.run("rev-parse", "--is-bare-repository").strip() == b"true"
        except GitProblem as problem:
            raise GitProblem(f"{folder} is not in a git repository: {problem}") from None
        if not bare:
            top = self.run("rev-parse", "--show-toplevel").rstrip(b"\n")
            self.root = Path(os.fsdecode(top))
        self.is_bare = bare
        self._no_filters = self._filters_off()

    def with_environment(self, variables: Mapping[str, str]) -> Repository:
        """The same repository, its commands run with further variables."""
        other = copy.copy(self)
        other._environment = {**self._environment, **variables}
        return other

    def environment(self) -> dict[str, str]:
        return environment(self._environment)

    def _filters_off(self) -> tuple[str, ...]:
        """Settings that leave every filter driver of the repository's configuration without a command."""
        names = self.run(
            "config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$", ok=(0, 1)
        )
        drivers = {os.fsdecode(name).rpartition(".")[0] for name in names.split(b"\0") if name}
        return tuple(
            setting
            for driver in sorted(drivers)
            for setting in (f"{driver}.clean=", f"{driver}.smudge=", f"{driver}.process=", f"{driver}.required=false")
        )

    def run(
        self, *arguments: str, stdin: bytes | None = None, ok: Sequence[int] = (0,), config: Sequence[str] = ()
    ) -> bytes:
        """The output of a git command. Raises GitProblem when it ends with a status that is not in ``ok``."""
        settings = [word for setting in (*_OFF, *self._no_filters, *config) for word in ("-c", setting)]
        command = ["git", "--no-pager", "--literal-pathspecs", "--no-replace-objects", *settings, *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                input=stdin,
                capture_output=True,
                env=self.environment(),
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise GitProblem("git is not installed, or not on PATH") from None
        except NotADirectoryError:
            raise GitProblem(f"{self.root} is not a folder") from None
        except subprocess.TimeoutExpired:
            raise GitProblem(f"git {arguments[0]} did not end within {SECONDS} seconds") from None
        if done.returncode not in ok:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GitProblem(said[0].removeprefix("fatal: ") if said else f"git {arguments[0]} failed")
        return done.stdout

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


def _id(output: bytes) -> str | None:
    """The first object id that git printed."""
    word = output.decode("ascii", "replace").split("\n")[0].strip()
    return word if is_object_id(word) else None


def is_object_id(text: str) -> bool:
    """Whether a text is a full object id (SHA-1 or SHA-256): the only form in which events are believed."""
    return _OBJECT_ID.fullmatch(text) is not None


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of git commands: no ``GIT_*`` of ours, no user's or system's configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
        **(extra or {}),
    }
