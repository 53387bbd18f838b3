"""Options that several commands take, and the settings that come of them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewbot.commands.usage import UsageProblem

if TYPE_CHECKING:
    from reviewbot.settings import Settings
    from reviewbot.source.text import Text

FORMATS = ("text", "json", "markdown", "html", "sarif", "junit", "codeclimate", "rdjson", "github")


_OPTIONS: dict[str, dict[str, Any]] = {
    "--base": {
        "metavar": "REF",
        "help": "compare from the common ancestor with this (default: the default branch)",
    },
    "--head": {"metavar": "REF", "help": "the version to review (default: the working tree)"},
    "--format": {"choices": FORMATS, "default": "text"},
    "--output": {"metavar": "FILE", "help": "write the report there instead of to the terminal"},
    "--color": {"choices": ["auto", "always", "never"], "default": "auto"},
    "--rules": {"metavar": "LIST", "help": "sets (recommended, strict, cis, all) and rules; -RULE takes one out"},
    "--fail-on": {
        "choices": ["error", "warning", "info", "never"],
        "help": "end with 1 on findings of this severity or a worse one (default: error)",
    },
    "--scope": {
        "choices": ["added", "file", "all"],
        "help": "what to report: what is new, all of changed files, or of all files (default: added)",
    },
    "--config": {"metavar": "FILE", "help": "settings (default: .github/reviewbot.yml, as the base has it)"},
    "--no-build": {"action": "store_true", "help": "build no images"},
    "--no-registry": {"action": "store_true", "help": "ask no registry for tags and digests"},
    "--network": {"choices": ["default", "none", "host"], "help": "network of RUN in builds"},
    "--builder": {"metavar": "NAME", "help": "a builder that buildx knows, or BuildKit's address"},
    "--max-size": {"metavar": "SIZE", "help": "fail when an image is larger: 500MB"},
    "--max-increase": {"metavar": "SIZE", "help": "fail when an image grows by more: 20MB or 5%%"},
    "--max-layer": {"metavar": "SIZE", "help": "fail when a layer that is new or has grown is larger: 100MB"},
    "--over-budget": {"choices": ["fail", "warn"], "help": "what a broken limit does (default: fail)"},
    "--rebuild-cost": {
        "metavar": "FILE",
        "help": "touch this source file (auto: choose one), build again, and say which steps ran and how long",
    },
    "--fail-on-cve": {
        "choices": ["critical", "high", "medium", "low", "never"],
        "help": "fail when a change brings in a vulnerability of this severity or a worse one",
    },
    "-C": {"dest": "folder", "metavar": "FOLDER", "default": ".", "help": "as if started in that folder"},
}

REPORT = ("--format", "--output", "--color")
BUILD = ("--network", "--builder")
LIMITS = ("--max-size", "--max-layer", "--over-budget", "--rebuild-cost", "--fail-on-cve")
REVIEW = (
    *REPORT,
    *("--rules", "--fail-on", "--scope", "--config", "--no-build", "--no-registry"),
    *BUILD,
    *("--max-increase", *LIMITS),
)


def take_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """Offer these options of the table: each command takes those alone that it does something with."""
    parser.set_defaults(format="text")
    for name in names:
        parser.add_argument(name, **_OPTIONS[name])


def joined(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``--rules -RULE`` in one, which argparse would take for two options."""
    found: list[str] = []
    for argument in arguments:
        if found and found[-1] == "--rules" and _TAKEN_OUT.fullmatch(argument):
            found[-1] = f"--rules={argument}"
        else:
            found.append(argument)
    return found


_TAKEN_OUT = re.compile(r"-[A-Za-z][\w.-]+(,.*)?")


def overrides(options: argparse.Namespace) -> dict[str, Any]:
    """What was given of the options that are settings; None for what was not, or is none of this command's."""
    given = vars(options)
    rules = given.get("rules")
    return {
        "rules": tuple(name.strip() for name in rules.split(",")) if rules else None,
        "build": False if given.get("no_build") else None,
        "registry": False if given.get("no_registry") else None,
        **{name: given.get(name.replace("-", "_")) for name in _SETTINGS},
    }


_SETTINGS = (
    *("fail-on", "scope", "network", "builder", "max-size", "max-increase", "max-layer"),
    *("fail-on-cve", "over-budget", "rebuild-cost"),
)


def folder_of(options: argparse.Namespace) -> Path:
    folder = Path(options.folder).resolve()
    if not folder.is_dir():
        raise UsageProblem(f"{options.folder}: there is no such folder")
    return folder


def named_config(options: argparse.Namespace) -> Text | None:
    from reviewbot.source.text import Text

    if not options.config:
        return None
    try:
        return Text.from_bytes(options.config, Path(options.config).read_bytes())
    except OSError as problem:
        raise UsageProblem(f"{options.config}: {problem.strerror}") from None


def folder_settings(options: argparse.Namespace, folder: Path) -> Settings:
    from reviewbot.change.folder import FolderTree
    from reviewbot.run.choices import settings_from

    chosen = {
        "scope": "all",
        **{k: v for k, v in overrides(options).items() if v is not None},
        "build": False,
        "registry": False,
    }
    return settings_from(FolderTree(folder), chosen, named_config(options))
