"""What reviewbot replies to commands, in words that hold no more than was asked for."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.github.command import Command
from reviewbot.links import rule_page as address_of
from reviewbot.report.escape import inline
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.pages import rule_page
from reviewbot.rules.selection import unknown_rule

HELP = """\
| write | and reviewbot |
|---|---|
| `/reviewbot recheck` | reviews the pull request again, as it is now |
| `/reviewbot ignore RULE reason` | ignores the finding of the thread, or (in the conversation) all of the rule |
| `/reviewbot unignore RULE` | takes that back |
| `/reviewbot explain RULE` | shows the rule's page |
| `/reviewbot fix` | commits all proven suggestions to the branch |
| `/reviewbot help` | shows this |

Commands are taken from people who may write to the repository, on a line of its own in a new comment."""

_MOST = 30_000


class Answer(Struct, frozen=True):
    """``text`` is Markdown, empty for none; ``is_help`` tells that it holds the help, which is given unasked once."""

    text: str
    is_done: bool = True
    is_help: bool = False


def explain(command: Command) -> Answer:
    found = rules_named(command.rule) if command.rule else []
    if not found:
        return unknown_rule_answer(command.rule)
    pages = [f"{rule_page(rule, examples=2)}\n[More examples]({address_of(rule.name)})\n" for rule in found]
    return Answer("\n".join(pages)[:_MOST])


def unknown_rule_answer(name: str) -> Answer:
    if not name:
        return Answer("Which rule? Write its name after the command.", is_done=False)
    said = inline(unknown_rule(name[:60]))
    return Answer(f"{said[:1].upper()}{said[1:]}{'' if said.endswith('?') else '.'}", is_done=False)
