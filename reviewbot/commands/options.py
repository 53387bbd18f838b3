"""Options that several commands take, and the settings that come of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewbot.commands.usage import UsageProblem

if TYPE_CHECKING:
    from reviewbot.settings import Settings
    from reviewbot.source.text import Text

FORMATS = ("text", "json", "markdown", "html", "sarif", "junit", "codeclimate", "rdjson", "github")


def change_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--base", metavar="REF", help="compare from the common ancestor with this (default: the default branch)"
    )
    parser.add_argument("--head", metavar="REF", help="the version to review (default: the working tree)")


def common_options(parser: argparse.ArgumentParser, formats: bool = True) -> None:
    parser.set_defaults(format="text")
    if formats:
        parser.add_argument("--format", choices=FORMATS, default="text")
        parser.add_argument("--output", metavar="FILE", help="write the report there instead of to the terminal")
    parser.add_argument(
        "--rules", metavar="LIST", help="sets (recommended, strict, cis, all) and rules; -RULE takes one out"
    )
    parser.add_argument("--fail-on", choices=["error", "warning", "info", "never"])
    parser.add_argument("--scope", choices=["added", "file", "all"], help="what to report (default: added)")
    parser.add_argument("--config", metavar="FILE", help="settings (default: the base's .github/reviewbot.yml)")
    parser.add_argument("--no-build", action="store_true", help="build no images")
    parser.add_argument("--no-registry", action="store_true", help="ask no registry for tags and digests")
    parser.add_argument("--network", choices=["default", "none", "host"], help="network of RUN in builds")
    parser.add_argument("--builder", metavar="NAME", help="a builder that buildx knows, or BuildKit's address")
    parser.add_argument("--max-size", metavar="SIZE", help="fail when an image is larger: 500MB")
    parser.add_argument("--max-increase", metavar="SIZE", help="fail when an image grows by more: 20MB or 5%%")
    parser.add_argument(
        "--max-layer", metavar="SIZE", help="fail when a layer that is new or has grown is larger: 100MB"
    )
    parser.add_argument("--over-budget", choices=["fail", "warn"], help="what a broken limit does (default: fail)")
    parser.add_argument(
        "--rebuild-cost",
        metavar="FILE",
        help="touch this source file (auto: choose one), build again, and say which steps ran and how long",
    )
    parser.add_argument(
        "--fail-on-cve",
        choices=["critical", "high", "medium", "low", "never"],
        help="fail when a change brings in a vulnerability of this severity or a worse one",
    )
    parser.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    parser.add_argument("-C", dest="folder", metavar="FOLDER", default=".", help="as if started in that folder")


def overrides(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "rules": tuple(name.strip() for name in options.rules.split(",")) if options.rules else None,
        "fail-on": options.fail_on,
        "scope": options.scope,
        "build": False if options.no_build else None,
        "registry": False if options.no_registry else None,
        "network": options.network,
        "builder": options.builder,
        "max-size": options.max_size,
        "max-increase": options.max_increase,
        "max-layer": options.max_layer,
        "fail-on-cve": options.fail_on_cve,
        "over-budget": options.over_budget,
        "rebuild-cost": options.rebuild_cost,
    }


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
    from reviewbot.run import settings_from

    chosen = {
        "scope": "all",
        **{k: v for k, v in overrides(options).items() if v is not None},
        "build": False,
        "registry": False,
    }
    return settings_from(FolderTree(folder), chosen, named_config(options))
