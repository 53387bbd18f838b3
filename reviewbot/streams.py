"""The streams and the folder that a process is started with: any of them may be unfit for what is to be told."""

from __future__ import annotations

import codecs
import os
import sys
from io import TextIOWrapper
from pathlib import Path

_STAND_INS = {"│": "|", "·": "-", "…": "...", "→": "->", "“": '"', "”": '"'}
"""What the report draws with, for screens that have ASCII alone."""


def standard_streams() -> bool:
    """Have the streams take every character; False, having said so, where there is nowhere to write to."""
    codecs.register_error("reviewbot-stand-in", _stand_in)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - it is the process's to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="reviewbot-stand-in")
    if sys.stdout is None:
        print("reviewbot: the standard output is closed; let it go to a terminal, a file or /dev/null", file=sys.stderr)
        return False
    return True


def exact_output() -> None:
    """Have the standard output write UTF-8, which the formats for programs are defined in."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def give_up_output() -> None:
    """Let go of what could not be written, so that the interpreter's end does not fail at it once more."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass


def trouble(problem: OSError) -> str:
    """What a file, a folder or a stream did not let us do, in one line."""
    try:
        Path.cwd()
    except OSError:
        return "the folder that this was started in is gone; change to one that is there"
    said = problem.strerror or str(problem) or type(problem).__name__
    if problem.filename is None:
        return f"the output could not be written: {said}" if problem.errno is not None else said
    place = os.fsdecode(problem.filename) if isinstance(problem.filename, str | bytes) else str(problem.filename)
    return f"{place}: {said}"


def _stand_in(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    unwritten = problem.object[problem.start : problem.end]
    return "".join(_STAND_INS.get(character, "?") for character in unwritten), problem.end
