"""Databases within reach of what faces the outside."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.published import is_database, is_door
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.compose import ComposeFile, Service


@rule(
    "networks-not-separated",
    title="Keep databases out of reach of what faces the outside",
    category=Category.SECURITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
)
def networks_not_separated(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A proxy takes in whatever comes from outside. On one network with the database, whoever breaks into it talks to the
    database at once; on networks of their own, only the service between them does. A network with `internal: true` has
    no way out either.

    Bad:
        services:
          proxy:
            image: nginx:1.27.3
            ports: ["80:80"]
          app:
            image: example.org/app:1.4.2
          db:  # <- finding
            image: postgres:16.4
    Also good:
        services:
          proxy:
            image: nginx:1.27.3
            ports: ["80:80"]
            networks: [front]
          app:
            image: example.org/app:1.4.2
            networks: [front, back]
          db:
            image: postgres:16.4
            networks: [back]
        networks:
          front:
          back: {internal: true}
    Also good (the web server is all there is in front of the database):
        services:
          app:
            image: nginx:1.27.3
            ports: ["80:80"]
          db:
            image: postgres:16.4
    """
    if compose.is_partial or len(compose.services) < 3:
        return
    doors: dict[str, Service] = {}
    for service in compose.services:
        if service.get("ports") and not service.get("network_mode") and is_door(service, facts):
            doors.update(dict.fromkeys(_networks(service) - doors.keys(), service))
    for service in compose.services:
        if not is_database(service, facts) or service.inherits or service.get("network_mode"):
            continue
        door = next((doors[network] for network in sorted(_networks(service)) if network in doors), None)
        if door is not None:
            yield Problem(
                at=service.name_span,
                message=f"{code(door.name)}, which faces the outside, can talk to {code(service.name)}",
                subject=service.name,
                why="They share a network. Whoever breaks into the one has the other next.",
                advice="Give the database a network of its own (`internal: true`) that only its clients join.",
            )


def _networks(service: Service) -> set[str]:
    networks = service.get("networks")
    if networks is None:
        return {"default"}
    return {item.scalar or "" for item in networks.elements()} | {name for name, _ in networks.items()}
