"""Telling what a review came to, in the form that was asked for."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from reviewbot.commands.usage import FINDINGS, OK, UsageProblem
from reviewbot.report.wording import FIX_COMMAND
from reviewbot.streams import exact_output

if TYPE_CHECKING:
    from reviewbot.outcome import Review


def report(outcome: Review, options: argparse.Namespace) -> int:
    from reviewbot.outcome import Verdict

    text = _rendered(outcome, options)
    if options.output:
        try:
            Path(options.output).write_text(text, encoding="utf-8")
        except OSError as problem:
            raise UsageProblem(f"{options.output}: {problem.strerror}") from None
    else:
        if options.format != "text":
            exact_output()
        sys.stdout.write(text)
        sys.stdout.flush()
    return FINDINGS if outcome.verdict is Verdict.FAIL else OK


def _rendered(outcome: Review, options: argparse.Namespace) -> str:
    if options.format != "text":
        from reviewbot.report.formats import FORMATS

        return FORMATS[options.format].render(outcome)
    import shutil

    from reviewbot.report.terminal import terminal_report

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return terminal_report(outcome, color=_colored(options), width=width, fix=_fix_command(options))


def _fix_command(options: argparse.Namespace) -> str | None:
    """The `reviewbot fix` for what a command looked at; None where that was no working tree, or git is not there.

    By itself it fixes what is new against the default branch, where `reviewbot check` tells of everything.
    """
    given = vars(options)
    folder = Path(options.folder)
    if given.get("head") or not _is_in_git(folder):
        return None
    told = {name: given.get(name) for name in ("base", "scope", "rules", "config", "folder")}
    paths = list(given.get("paths") or ())
    if "scope" not in given:
        told["scope"] = "all"
        paths = paths or ([] if (folder / ".git").exists() else ["."])
    if told["folder"] == ".":
        told["folder"] = None
    names = {"folder": "-C"}
    words = [word for name, value in told.items() if value for word in (names.get(name, f"--{name}"), value)]
    return shlex.join([*FIX_COMMAND.split(), *words, *paths])


def _is_in_git(folder: Path) -> bool:
    """Whether `reviewbot fix` would find a repository there; git itself is not asked, for the time that takes."""
    place = folder.resolve()
    return any((each / ".git").exists() for each in (place, *place.parents))


def _colored(options: argparse.Namespace) -> bool:
    if options.color != "auto" or options.output:
        return bool(options.color == "always")
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def progress(options: argparse.Namespace) -> Callable[[str], None]:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    return say if sys.stderr.isatty() or options.format == "text" else lambda line: None
