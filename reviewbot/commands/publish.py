"""``reviewbot publish``: a review, published from within a workflow."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", nargs="?", metavar="REPORT", help="a JSON report of the same head, for its images")


def run(options: argparse.Namespace) -> int:
    from reviewbot.action import run_action

    return run_action(os.environ, report=Path(options.report) if options.report else None)
