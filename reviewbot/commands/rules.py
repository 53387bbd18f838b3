"""``reviewbot rules``: all rules."""

from __future__ import annotations

import argparse

from reviewbot.commands.usage import OK


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=["text", "json"], default="text")


def run(options: argparse.Namespace) -> int:
    from reviewbot.rules.catalogue import all_rules

    if options.format == "json":
        import msgspec

        listed = [
            {
                "name": rule.name,
                "title": rule.title,
                "category": rule.category.value,
                "severity": rule.severity.word,
                "set": rule.set.value,
                "aliases": list(rule.aliases),
                "fixable": rule.fixable,
            }
            for rule in all_rules()
        ]
        print(msgspec.json.format(msgspec.json.encode(listed), indent=2).decode())
        return OK
    width = max(len(rule.name) for rule in all_rules())
    for rule in all_rules():
        fix = "fix" if rule.fixable else ""
        print(f"{rule.name:{width}}  {rule.severity.word:7}  {rule.set.value:11}  {fix:3}  {rule.title}")
    return OK
