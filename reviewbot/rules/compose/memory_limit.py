"""Services that may take all of the memory."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_role import lacks
from reviewbot.source.compose import Service


@rule(
    "memory-limit",
    title="Limit the memory of every service",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    set=RuleSet.STRICT,
    aliases=("CIS-5.10", "bb9ac4f7-e13b-423d-a010-c74a1bfbe492"),
)
def memory_limit(service: Service, facts: Facts) -> Iterator[Problem]:
    """Without a limit one service with a leak takes all the memory, and the kernel ends whatever process it likes,
    the database or the engine's own among them. With one, the service that leaks is the one that is restarted.

    How much a service needs only you can measure (`docker stats`), so there is no fix to click.

    Bad:
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            mem_limit: 512m
          other:
            image: example.org/other:1.4.2
            deploy:
              resources:
                limits:
                  memory: 512M
    Also good (it comes from a fragment, or from a file laid over this one):
        --- compose.yaml
        x-limits: &limits
          mem_limit: 512m
        services:
          app:
            <<: *limits
            image: example.org/app:1.4.2
          other:
            image: example.org/other:1.4.2
        --- compose.override.yaml
        services:
          other:
            mem_limit: 1g
    """
    if lacks(service, facts, "mem_limit", "deploy.resources.limits.memory"):
        yield Problem(
            at=service.name_span,
            message=f"{code(service.name)} may take all of the machine's memory",
            subject=service.name,
            why="When memory runs out, the kernel ends a process of its choice, of this service or another.",
            advice="Set `mem_limit:` (or `deploy.resources.limits.memory`) to what it needs at most and some more.",
        )
