"""``reviewbot image``: what images weigh and hold."""

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
    take_options(parser, *REPORT, "--rules", "--fail-on", "--config", *BUILD, *LIMITS, "-C")
    parser.add_argument(
        "--context", metavar="FOLDER", help="the build context (default: as the Dockerfile's sources tell)"
    )
    parser.add_argument("--target", metavar="STAGE", help="the stage to stop at")
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="an image of the engine, a Dockerfile, or its folder"
    )


def run(options: argparse.Namespace) -> int:
    from reviewbot.image.docker.engine import Engine
    from reviewbot.run.images import look_at_images

    def look(folder: Path, settings: Settings) -> Review:
        engine, say = Engine.find(), progress(options)
        more = {"context": options.context, "target": options.target, "progress": say}
        return look_at_images(options.images, settings, folder, engine, **more)

    return report_images(options, look)
