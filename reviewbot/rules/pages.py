"""A rule's page, from its own documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from reviewbot.facts import Unreadable
from reviewbot.markdown import visible
from reviewbot.rules.catalogue import short_alias
from reviewbot.rules.examples import Example, read_documentation
from reviewbot.rules.rule import Rule, RuleSet

_WHEN = {
    RuleSet.RECOMMENDED: "on by default",
    RuleSet.STRICT: "in the set `strict`",
    RuleSet.NAMED: "off until it is named",
}


def rule_page(rule: Rule, examples: int | None = None) -> str:
    """The page of one rule in Markdown, with so many of its ``examples`` (None: all)."""
    documentation = read_documentation(rule.docs, "Dockerfile" if ".compose." not in rule.module else "compose.yaml")
    also = f" · also known as {', '.join(map(short_alias, rule.aliases))}" if rule.aliases else ""
    parts = [
        f"# {rule.title}",
        f"`{rule.name}` · {rule.category.value} · {rule.severity.word} · "
        f"{_WHEN[rule.set]} · "
        f"{'offers a fix' if rule.fixable else 'advice in words'}{also}",
        documentation.text,
        *_options(rule),
        *(_example(example) for example in documentation.examples[:examples]),
    ]
    if rule.subject is not Unreadable:  # no comment can be found in such a file
        parts.append(f"Keep it on purpose: `# reviewbot: ignore={rule.name} <reason>` above the line.")
    return "\n\n".join(parts) + "\n"


def _options(rule: Rule) -> list[str]:
    if rule.options is None:
        return []
    schema = msgspec.json.schema(rule.options)["$defs"][rule.options.__name__]["properties"]
    rows = [f"| `{name}` | {_kind(part)} | `{json.dumps(part.get('default'))}` |" for name, part in schema.items()]
    return ["### Options\n\n| option | is | by default |\n|---|---|---|\n" + "\n".join(rows)]


def _kind(schema: dict[str, Any]) -> str:
    if schema.get("type") == "array":
        return f"a list of {schema.get('items', {}).get('type', 'value')}s"
    return str(schema.get("type", "a value"))


def _example(example: Example) -> str:
    heading = example.kind + (f" ({example.note})" if example.note else "")
    blocks = []
    marked = set(example.marked)
    for path, content in example.files.items():
        lines = [
            f"{visible(line)}  # <- finding" if (path, n) in marked else line
            for n, line in enumerate(content.splitlines(), 1)
        ]
        blocks.append(f"`{path}`\n```{_language(path)}\n" + "\n".join(lines) + "\n```")
    return f"### {heading}\n\n" + "\n\n".join(blocks)


def _language(path: str) -> str:
    if path.endswith((".yaml", ".yml")):
        return "yaml"
    return "dockerfile" if "Dockerfile" in path and " " not in path and "ignore" not in path else ""


def rules_index(rules: Iterable[Rule]) -> str:
    """The list of all rules, in Markdown."""
    rows = "".join(
        f"| [`{rule.name}`]({rule.name}.md) | {rule.title} | {rule.severity.word} | {rule.set.value} "
        f"| {'fix' if rule.fixable else ''} | {' '.join(map(short_alias, rule.aliases))} |\n"
        for rule in rules
    )
    return (
        "# Rules\n\nMade from the rules' own documentation by `make docs`. The set `recommended` is on by default, `strict` "
        "for who asks for it; a rule that is `named` needs options or is a matter of taste, and "
        "runs for who names it or asks for `all`.\n\n"
        "| rule | what it wants | severity | set | | also known as |\n|---|---|---|---|---|---|\n" + rows
    )
