"""``reviewbot review``: a change, judged."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from reviewbot.commands.options import REVIEW, folder_of, named_config, overrides, take_options
from reviewbot.commands.reporting import progress, report
from reviewbot.commands.usage import UsageProblem

if TYPE_CHECKING:
    from reviewbot.change.model import Change
    from reviewbot.change.read import ReadChange
    from reviewbot.run.gathered import Gathered


def add_options(parser: argparse.ArgumentParser) -> None:
    take_options(parser, "--base", "--head", *REVIEW, "-C")
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
    from reviewbot.image.docker.engine import Engine
    from reviewbot.run.change import gather
    from reviewbot.run.choices import settings_from
    from reviewbot.run.configuration import configuration_notices

    settings = settings_from(read.change.base_tree, overrides(options), named_config(options))
    paths = [_in_repository(path, folder, read.repository.root) for path in options.paths]
    for written, path in zip(options.paths, paths, strict=True):
        _check_is_there(written, path, read.change)
    notices = configuration_notices(read.change.base_tree, read.change.head_tree) if read.base_tree else ()
    engine = Engine.find() if settings.build else None
    return gather(read, settings, engine=engine, paths=paths, notices=notices, progress=progress(options))


def _in_repository(path: str, folder: Path, root: Path) -> str:
    place = Path(os.path.normpath(folder / path))
    if not place.is_relative_to(root):
        raise UsageProblem(f"{path}: this is outside of the repository {root}")
    return place.relative_to(root).as_posix()


def _check_is_there(written: str, path: str, change: Change) -> None:
    """Raises UsageProblem for a path that is in neither version: a slip must not pass for a clean review."""
    below = f"{path}/"
    for tree in (change.head_tree, change.base_tree):
        if path == "." or tree.size(path) is not None or tree.is_link(path):
            return
        if any(each.startswith(below) for each in tree.paths()):
            return
    raise UsageProblem(
        f"{written}: neither version has such a file or folder. Is it misspelt? Paths are relative to the folder that "
        "reviewbot runs in (or that of -C); what git ignores is judged by `reviewbot check`"
    )
