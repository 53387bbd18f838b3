"""What commands that look at images by themselves have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from reviewbot.commands.options import folder_of, folder_settings
from reviewbot.commands.reporting import report
from reviewbot.commands.usage import UsageProblem

if TYPE_CHECKING:
    from reviewbot.outcome import Review
    from reviewbot.settings import Settings


def report_images(options: argparse.Namespace, look: Callable[[Path, Settings], Review]) -> int:
    """Report what was looked at; what cannot be is said, and is the usage's fault."""
    from reviewbot.image.docker.engine import EngineProblem, EngineUnavailable
    from reviewbot.image.standing import NoSuchImage
    from reviewbot.run.images import NotComparable

    folder = folder_of(options)
    try:
        return report(look(folder, folder_settings(options, folder)), options)
    except (EngineProblem, EngineUnavailable, NoSuchImage, NotComparable) as problem:
        raise UsageProblem(str(problem)) from None
