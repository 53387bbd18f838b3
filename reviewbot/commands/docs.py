"""``reviewbot docs``: the rules' pages and the schemas."""

from __future__ import annotations

import argparse
from pathlib import Path

from reviewbot.commands.usage import OK


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER")


def run(options: argparse.Namespace) -> int:
    import msgspec

    from reviewbot.report.json_report import schema_text
    from reviewbot.rules.catalogue import all_rules
    from reviewbot.rules.pages import rule_page, rules_index
    from reviewbot.settings import schema

    folder = Path(options.folder) / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    for page in folder.glob("*.md"):
        page.unlink()
    for rule in all_rules():
        (folder / f"{rule.name}.md").write_text(rule_page(rule), encoding="utf-8")
    (folder / "README.md").write_text(rules_index(all_rules()), encoding="utf-8")
    settings_schema = msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode()
    (Path(options.folder) / "settings.schema.json").write_text(f"{settings_schema}\n", encoding="utf-8")
    (Path(options.folder) / "report.schema.json").write_text(schema_text(), encoding="utf-8")
    return OK
