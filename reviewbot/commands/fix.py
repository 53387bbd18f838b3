"""``reviewbot fix``: the proven suggestions, applied to the working tree."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reviewbot.commands.options import BUILD, folder_of, take_options
from reviewbot.commands.review import gather_change
from reviewbot.commands.usage import OK
from reviewbot.finding import Finding
from reviewbot.report import escape
from reviewbot.source.secrets import mask


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", metavar="REF", help="fix what the working tree brings in against this (as in review)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    take_options(parser, "--rules", "--scope", "--config", "--no-build", "--no-registry", *BUILD, "-C")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders to look at (default: all)")


def run(options: argparse.Namespace) -> int:
    from reviewbot.change.read import read_change

    folder = folder_of(options)
    with read_change(folder, options.base) as read:
        gathered = gather_change(read, options, folder)
        root = read.repository.root
        fixed = gathered.fixed()
        changed = [p for p in fixed.facts.paths if fixed.facts.text(p) != gathered.head.text(p)]
        if not options.dry_run:
            for path in changed:
                _write(root, path, fixed.facts)
    for finding in fixed.mended:
        print(f"{_named(finding)}: fixed")
    # Where the files are left as they are, so are the places.
    for finding in fixed.left_before if options.dry_run else fixed.left:
        print(f"{_named(finding)}: left: {escape.terminal(mask(finding.message))}")
    done = "would change" if options.dry_run else "changed"
    files = ", ".join(map(escape.terminal, changed)) or "no file"
    print(f"{len(fixed.mended)} fixed, {len(fixed.left)} left for you; {done} {files}")
    if not fixed.mended and not fixed.left and gathered.settings.scope != "all":
        print("Only what is new is fixed: --base REF says since when, --scope all takes everything.")
    return OK


def _named(finding: Finding) -> str:
    return f"{escape.terminal(finding.location.path)}:{finding.location.line}  {finding.rule}"


def _write(root: Path, path: str, facts: Any) -> None:
    text = facts.text(path)
    place = root / path
    if text is None or place.is_symlink() or any(p.is_symlink() for p in place.parents if root in p.parents):
        return
    place.write_bytes(text.to_bytes())
