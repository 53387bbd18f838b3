"""Ports without quotes."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import quoted, written
from reviewbot.source.compose import ComposeFile


@rule(
    "quote-ports",
    title="Put quotes around all ports",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("require-quotes-in-ports",),
    fixable=True,
)
def quote_ports(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A port without quotes is text to one reader of YAML and a number to another (see `sexagesimal-port`). With quotes
    around all of them nobody has to know which ones are safe.

    Fine without, where everybody reads the file with Docker Compose.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - 8080:80  # <- finding
              - 9000  # <- finding
            expose: [3000]
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - "8080:80"
              - "9000"
            expose: [3000]
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - '8080:80'
              - target: 80
                published: 8081
    """
    for service, entry in written(compose, "ports"):
        for item in entry.value.elements():
            if item.raw and item.raw[0] not in "\"'|>" and not item.is_alias:
                yield Problem(
                    at=item.span,
                    message=f"The port {code(item.raw.strip())} has no quotes",
                    subject=f"{service.name} {item.raw.strip().rpartition(':')[2]}",
                    why="Whether it is text or a number depends on who reads it.",
                    advice="Put it in quotes.",
                    edits=quoted(compose, item),
                )
