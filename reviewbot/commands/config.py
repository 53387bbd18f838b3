"""``reviewbot config``: the configuration file, checked."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reviewbot.commands.options import named_config
from reviewbot.commands.usage import OK, USAGE


def add_options(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="say whether .github/reviewbot.yml is right")
    what.add_argument("--schema", action="store_true", help="print the JSON Schema of the configuration file")
    parser.add_argument("--config", metavar="FILE", help="the file to check")


def run(options: argparse.Namespace) -> int:
    import msgspec

    from reviewbot.change.folder import FolderTree
    from reviewbot.run.configuration import configuration_problems
    from reviewbot.settings import CONFIG_PATHS, schema

    if options.schema:
        print(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode())
        return OK
    tree = FolderTree(Path.cwd())
    named = named_config(options)
    path = named.path if named else next((p for p in CONFIG_PATHS if tree.size(p) is not None), None)
    if path is None:
        print(f"There is no {CONFIG_PATHS[0]} here; all settings have their defaults.")
        return OK
    problems = configuration_problems(named or tree.read(path))
    for problem in problems:
        print(f"reviewbot: {problem}", file=sys.stderr)
    if problems:
        return USAGE
    print(f"{path} is right.")
    return OK
