"""``reviewbot check``: files as they stand, judged."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from reviewbot.commands.options import REPORT, folder_of, folder_settings, take_options
from reviewbot.commands.reporting import report
from reviewbot.commands.usage import UsageProblem

if TYPE_CHECKING:
    from reviewbot.run.gathered import Gathered


def add_options(parser: argparse.ArgumentParser) -> None:
    take_options(parser, *REPORT, "--rules", "--fail-on", "--config", "-C")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: this folder)")


def run(options: argparse.Namespace) -> int:
    return report(_gathered(options).review(), options)


def _gathered(options: argparse.Namespace) -> Gathered:
    from reviewbot.run.folder import gather_folder

    folder = folder_of(options)
    for path in options.paths:
        if not (folder / path).exists():
            raise UsageProblem(f"{path}: there is no such file or folder")
    places = [_place(folder, path) for path in options.paths]
    if places and not any(place.is_relative_to(folder) for place in places):
        root = Path(os.path.commonpath(places))  # what lies between there and here may be the whole disk
    else:
        root = Path(os.path.commonpath([folder, *places]))
    if not root.is_dir():
        root = root.parent
    paths = [place.relative_to(root).as_posix() for place in places]
    return gather_folder(root, [path for path in paths if path != "."], folder_settings(options, folder))


def _place(folder: Path, path: str) -> Path:
    """Where a path leads, but for a file's own link; one that leads out of the folder on its way stays as it is."""
    written = Path(os.path.normpath(folder / path))
    place = written.resolve() if written.is_dir() else written.parent.resolve() / written.name
    return place if place.is_relative_to(folder) or not written.is_relative_to(folder) else written
