"""Links from the time before networks."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import removed_key, written
from reviewbot.source.compose import ComposeFile, Service


@rule(
    "legacy-links",
    title="Reach services by their names, without links",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    fixable=True,
)
def legacy_links(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Services of one network reach each other by name. `links` adds nothing to that but a second name and a hidden
    order of starting, which `depends_on` says openly.

    Fine for a second name (`db:database`) that a program cannot be told; `aliases` of a network do it too.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            links:  # <- finding
              - db
            depends_on: [db]
          db:
            image: postgres:16.4
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            depends_on: [db]
          db:
            image: postgres:16.4
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            depends_on: [db]
          db:
            image: postgres:16.4
    """
    for service, entry in written(compose, "links"):
        yield Problem(
            at=entry.key_span,
            message=f"{code(service.name)} uses `links`, which networks have replaced",
            subject=service.name,
            why="It reaches the others by their names without it; what is left of it is an order of starting.",
            advice="Drop `links`; say the order with `depends_on`, and a second name with the network's `aliases`.",
            edits=_edits(service),
        )


def _edits(service: Service) -> list[Edit]:
    """Only where it gives no second name, and ``depends_on`` has the order already."""
    links, depends_on = service.get("links"), service.get("depends_on")
    names = {item.scalar for item in links.elements()} if links else set()
    waited = {item.scalar for item in depends_on.elements()} if depends_on else set()
    waited |= {name for name, _ in depends_on.items()} if depends_on else set()
    return removed_key(service, "links") if names <= waited else []
