"""What a step hands to its workflow: outputs, the job's summary, masked values, and a log that commands nothing."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from reviewbot.github.problem import GitHubProblem

SUMMARY_LIMIT = 1024 * 1024
"""Bytes that GitHub takes as one step's summary; it shows nothing of a longer one."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_CUT = "\n\n*(cut here: GitHub shows no longer summary)*\n"


def write_outputs(environ: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Set the step's outputs; nothing is written where the runner gives no GITHUB_OUTPUT.

    No value can set another output: each stands between lines of a random delimiter. Raises GitHubProblem for a file
    that cannot be written, ValueError for a name that is none or a value with NUL.
    """
    lines = []
    for name, value in values.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"not an output's name: {name!r}")
        if "\0" in value:
            raise ValueError(f"the output {name} holds a NUL character")
        delimiter = f"value-{secrets.token_hex(16)}"
        lines.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    _append(environ.get("GITHUB_OUTPUT"), "".join(lines).encode("utf-8", "replace"))


def write_summary(environ: Mapping[str, str], markdown: str) -> None:
    """Add to the job's summary, cut at a line where GitHub would show nothing of it for its length.

    Nothing is written where the runner gives no GITHUB_STEP_SUMMARY. Raises GitHubProblem for a file that cannot be
    written.
    """
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    file = Path(path)
    room = SUMMARY_LIMIT - (file.stat().st_size if file.exists() else 0)
    data = f"{markdown}\n".encode("utf-8", "replace")
    if len(data) > room:
        kept = data[: max(0, room - len(_CUT.encode()))]
        data = kept[: kept.rfind(b"\n") + 1] + _CUT.encode() if kept else b""
    _append(path, data)


def _append(path: str | None, data: bytes) -> None:
    if not path or not data:
        return
    try:
        with Path(path).open("ab") as file:
            file.write(data)
    except OSError as problem:
        raise GitHubProblem(f"a file of the runner cannot be written: {problem.strerror or problem}") from None


def mask(secret: str, log: TextIO) -> None:
    """Have the runner star out a secret wherever the job's log shows it, each of its lines for itself."""
    for line in secret.splitlines():
        if line.strip():
            print(f"::add-mask::{line.replace('%', '%25')}", file=log, flush=True)


@contextlib.contextmanager
def commands_stopped(log: TextIO) -> Iterator[None]:
    """While this lasts, the runner takes nothing in the log for a command: for the output of foreign programs."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", file=log, flush=True)
    try:
        yield
    finally:
        # On a line of its own, even where the foreign output ended within one.
        print(f"\n::{token}::", file=log, flush=True)
