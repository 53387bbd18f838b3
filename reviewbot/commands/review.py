"""``reviewbot review``: a change, judged."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from reviewbot.commands.options import change_options, common_options, folder_of, named_config, overrides
from reviewbot.commands.reporting import progress, report
from reviewbot.commands.usage import UsageProblem

if TYPE_CHECKING:
    from reviewbot.change.read import ReadChange
    from reviewbot.run import Gathered


def add_options(parser: argparse.ArgumentParser) -> None:
    change_options(parser)
    common_options(parser)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders to look at (default: all)")


def run(options: argparse.Namespace) -> int:
    from reviewbot.change.read import read_change

    folder = folder_of(options)
    with read_change(folder, options.base, options.head) as read:
        gathered = gather_change(read, options, folder)
        outcome = gathered.review()
    return report(outcome, options)


def gather_change(read: ReadChange, options: argparse.Namespace, folder: Path) -> Gathered:
    """What is known of a change, with the images it affects built and measured."""
    from reviewbot.image.engine import Engine
    from reviewbot.run import gather, settings_from

    settings = settings_from(read.change.base_tree, overrides(options), named_config(options))
    engine = Engine.find() if settings.build else None
    paths = [_in_repository(path, folder, read.repository.root) for path in options.paths]
    return gather(read, settings, engine=engine, paths=paths, progress=progress(options))


def _in_repository(path: str, folder: Path, root: Path) -> str:
    place = Path(os.path.normpath(folder / path))
    if not place.is_relative_to(root):
        raise UsageProblem(f"{path}: this is outside of the repository {root}")
    return place.relative_to(root).as_posix()
