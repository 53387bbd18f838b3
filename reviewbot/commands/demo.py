"""``reviewbot demo``: the example change that ships with reviewbot, reviewed."""

from __future__ import annotations

import argparse
import sys

from reviewbot.commands import review
from reviewbot.commands.options import REVIEW, take_options


def add_options(parser: argparse.ArgumentParser) -> None:
    take_options(parser, *REVIEW)


def run(options: argparse.Namespace) -> int:
    from reviewbot.demo.repository import demo_repository

    with demo_repository() as folder:
        print("An example change to a small web service, as a pull request would bring it in:\n", file=sys.stderr)
        options.folder, options.base, options.head, options.paths = str(folder), "HEAD~1", "HEAD", []
        if options.fail_on is None:
            options.fail_on = "never"
        return review.run(options)
