"""Production on one machine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.purpose import bind_mounts_source, is_for_swarm, production_sign
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_role import neighbours
from reviewbot.source.compose import ComposeFile, Service


@rule(
    "compose-in-production",
    title="Know what production needs that Compose does not have",
    category=Category.RUNTIME,
    severity=Severity.INFO,
)
def compose_in_production(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Compose runs services on one machine. When the machine goes, all of them go; when a health check fails, nothing is
    restarted; a new version stops the old one first; and more load needs a larger machine.

    Kubernetes, Docker Swarm, Amazon ECS and Nomad start services anew elsewhere, roll versions out one by one and run
    more of them. One machine can be enough: then say so with an ignore comment, and give every service a restart policy,
    limits and a pinned image. Said once a project, never of each service.

    Bad:
        --- compose.prod.yaml
        services:  # <- finding
          app:
            image: example.org/app:1.4.2
            restart: always
          db:
            image: postgres:16.4
    Bad (a comment says what it is for):
        # Compose file for production
        services:  # <- finding
          app:
            image: example.org/app:1.4.2
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            environment:
              NODE_ENV: production
    Also good (it says that it is not):
        # Do not use this in production.
        services:
          app:
            image: example.org/app:1.4.2
    Also good (already a Swarm's):
        --- compose.prod.yaml
        services:
          app:
            image: example.org/app:1.4.2
            deploy:
              replicas: 3
              update_config:
                order: start-first
    Also good (said of the first file):
        --- compose.prod.yaml
        # reviewbot: ignore=compose-in-production one machine is enough for this
        services:
          app:
            image: example.org/app:1.4.2
        --- compose.prod.tls.yaml
        services:
          app:
            environment:
              TLS: "1"
    """
    sign = production_sign(compose)
    entry = compose.root.entry("services")
    if sign is None or entry is None or not compose.services or is_for_swarm(compose):
        return
    if any(_speaks_for(other, compose) for other in neighbours(compose, facts)):
        return
    yield Problem(
        at=entry.key_span,
        message="Production on one machine: nothing starts these services anew elsewhere when it goes",
        subject="file",
        why=f"This file is for production ({sign.said}). Compose has no self-healing across hosts, no rolling updates "
        f"and no scaling beyond the machine.{_lacks(compose)}",
        advice="Move to Kubernetes, Docker Swarm, Amazon ECS or Nomad when an outage of one machine is too much; the "
        "images stay the same. Until then: `restart: unless-stopped`, memory limits, and images pinned and built in CI.",
    )


def _speaks_for(other: ComposeFile, compose: ComposeFile) -> bool:
    """Whether another file of the folder is the one that the advice is given for."""
    order = (len(posixpath.basename(other.path)), other.path)
    return order < (len(posixpath.basename(compose.path)), compose.path) and production_sign(other) is not None


def _lacks(compose: ComposeFile) -> str:
    """What this file itself could do better for production, in a sentence."""
    services = compose.services
    found = (
        (
            "has no restart policy",
            [s for s in services if not s.get("restart") and not s.get("deploy", "restart_policy")],
        ),
        ("is built on the machine it runs on", [s for s in services if s.is_built and not s.get("image")]),
        ("runs mounted source code", [s for s in services if bind_mounts_source(s)]),
        ("has no memory limit", [s for s in services if not s.get("mem_limit") and not s.get("deploy", "resources")]),
    )
    said = [f"{_named(which)} {what}" for what, which in found if which]
    return f" In this file {'; '.join(said)}." if said else ""


def _named(services: list[Service]) -> str:
    names = [code(service.name) for service in services]
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"
