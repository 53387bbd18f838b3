"""Variables that are set twice."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import written
from reviewbot.source.compose import ComposeFile, Node


@rule(
    "duplicate-environment",
    title="Set every variable once",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    fixable=True,
)
def duplicate_environment(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """In the list form a variable can be set twice, and nobody says so: the last one counts. Whoever changes the first
    wonders why nothing happens. (In the map form YAML itself forbids it.)

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            environment:
              - LOG_LEVEL=debug  # <- finding
              - WORKERS=4
              - LOG_LEVEL=info
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            environment:
              - WORKERS=4
              - LOG_LEVEL=info
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            environment:
              - LOG_LEVEL=info
              - LOG_FORMAT=json
    """
    for service, entry in written(compose, "environment"):
        last: dict[str, Node] = {}
        for item in entry.value.elements():
            name = (item.scalar or "").partition("=")[0].strip()
            if name and name in last:
                earlier = last[name]
                yield Problem(
                    at=earlier.span,
                    message=f"{code(name)} is set twice for {code(service.name)}: this one does not count",
                    subject=f"{service.name} {name}",
                    why="In a list the last one wins, and Compose says nothing.",
                    advice="Keep the one that is meant.",
                    edits=_edits(compose, entry.value, earlier),
                )
            last[name] = item


def _edits(compose: ComposeFile, sequence: Node, item: Node) -> list[Edit]:
    if compose.is_shared(sequence.span):
        return []
    try:
        return [Edit(compose.path, compose.removal_of_item(sequence, item), "")]
    except ValueError:
        return []
