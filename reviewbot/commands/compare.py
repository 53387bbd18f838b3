"""``reviewbot compare``: what one image has otherwise than another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from reviewbot.commands.of_images import report_images
from reviewbot.commands.options import BUILD, LIMITS, REPORT, take_options
from reviewbot.commands.reporting import progress

if TYPE_CHECKING:
    from reviewbot.outcome import Review
    from reviewbot.settings import Settings


def add_options(parser: argparse.ArgumentParser) -> None:
    take_options(parser, *REPORT, "--config", *BUILD, "--max-increase", *LIMITS, "-C")
    parser.add_argument("before", metavar="A", help="an image of the engine, a Dockerfile, or its folder")
    parser.add_argument("after", metavar="B", help="the same kind of thing, to compare with it")


def run(options: argparse.Namespace) -> int:
    from reviewbot.image.docker.engine import Engine
    from reviewbot.run.images import compare_images

    def look(folder: Path, settings: Settings) -> Review:
        engine, say = Engine.find(), progress(options)
        return compare_images(options.before, options.after, settings, folder, engine, say)

    return report_images(options, look)
