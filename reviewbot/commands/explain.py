"""``reviewbot explain``: a rule's page."""

from __future__ import annotations

import argparse

from reviewbot.commands.usage import OK, UsageProblem


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="a rule's name, or a peer's number such as DL3008")


def run(options: argparse.Namespace) -> int:
    from reviewbot.rules.catalogue import rules_named
    from reviewbot.rules.pages import rule_page
    from reviewbot.rules.selection import unknown_rule

    found = rules_named(options.rule)
    if not found:
        raise UsageProblem(unknown_rule(options.rule))
    print("\n".join(rule_page(rule) for rule in found), end="")
    return OK
