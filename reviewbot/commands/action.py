"""``reviewbot action``: everything, from the inputs and the event of a GitHub Action."""

from __future__ import annotations

import argparse
import os


def add_options(parser: argparse.ArgumentParser) -> None:
    """None: all is in the environment."""


def run(options: argparse.Namespace) -> int:
    from reviewbot.action import run_action

    return run_action(os.environ)
