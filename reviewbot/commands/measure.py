"""``reviewbot measure``: a commit's images, measured and kept for reviews of what begins there."""

from __future__ import annotations

import argparse
import sys

from reviewbot.commands.options import BUILD, folder_of, named_config, overrides, take_options
from reviewbot.commands.reporting import progress
from reviewbot.commands.usage import FINDINGS, OK, UsageProblem


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--head", metavar="REF", default="HEAD", help="the commit (default: HEAD)")
    parser.add_argument("--output", metavar="FILE", help="the file to add to (default: the setting `baseline`)")
    take_options(parser, "--config", "--no-registry", *BUILD, "-C")


def run(options: argparse.Namespace) -> int:
    from reviewbot.change.read import read_change
    from reviewbot.image.baseline.kept import BaselineProblem
    from reviewbot.image.bytes import format_bytes
    from reviewbot.image.docker.engine import Engine, EngineUnavailable
    from reviewbot.report import escape
    from reviewbot.run.baseline import keep_baseline
    from reviewbot.run.choices import settings_from

    folder = folder_of(options)
    with read_change(folder, options.head, options.head) as read:
        settings = settings_from(read.change.head_tree, overrides(options), named_config(options))
        written = str(folder / options.output) if options.output else settings.baseline
        if written is None:
            raise UsageProblem("where to? Give --output, or the setting `baseline`")
        try:
            outcomes, notices = keep_baseline(
                read, settings, Engine.find(), written, read.repository.root, progress(options)
            )
        except (BaselineProblem, EngineUnavailable) as problem:
            raise UsageProblem(f"{written}: {problem}") from None
    for notice in notices:
        print(f"reviewbot: {escape.terminal(notice.message)}", file=sys.stderr)
    for outcome in outcomes:
        found = outcome.measurement
        if found is None:
            print(f"{escape.terminal(outcome.name)}: not measured: {escape.terminal(outcome.reason)}")
        else:
            was = f", as measured at {found.when}" if outcome.is_kept else ""
            print(f"{escape.terminal(outcome.name)}: {format_bytes(found.info.size)}{was}")
    return OK if all(outcome.measurement is not None for outcome in outcomes) else FINDINGS
