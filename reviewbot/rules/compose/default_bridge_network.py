"""Services on the network that everybody shares."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import removed_key, written
from reviewbot.source.compose import ComposeFile


@rule(
    "default-bridge-network",
    title="Keep services off the engine's default bridge",
    category=Category.SECURITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.29", "ce14a68b-1668-41a0-ab7d-facd9f784742"),
    fixable=True,
)
def default_bridge_network(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`network_mode: bridge` puts a service on `docker0`, where every container of the machine that was started without
    a network of its own can reach it, and where names are not resolved. Without it Compose makes a network for the
    project alone.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            network_mode: bridge  # <- finding
            restart: always
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            restart: always
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            network_mode: none
          other:
            image: example.org/other:1.4.2
            networks: [back]
        networks:
          back:
    """
    for service, entry in written(compose, "network_mode"):
        if entry.value.scalar == "bridge":
            yield Problem(
                at=entry.span,
                message=f"{code(service.name)} shares a network with every container that has none of its own",
                subject=service.name,
                why="It is on the engine's default bridge, outside the project's network.",
                advice="Drop `network_mode: bridge`: Compose makes a network for the project.",
                edits=removed_key(service, "network_mode"),
            )
