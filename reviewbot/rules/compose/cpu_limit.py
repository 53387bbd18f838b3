"""Services that may take all of the processors."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_role import lacks
from reviewbot.source.compose import Service


@rule(
    "cpu-limit",
    title="Limit the processor time of every service",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.11", "6b610c50-99fb-4ef0-a5f3-e312fd945bc3"),
)
def cpu_limit(service: Service, facts: Facts) -> Iterator[Problem]:
    """Without a limit or a share one service in a busy loop slows all others down. `cpus` is a hard limit,
    `cpu_shares` says who goes first when everybody wants to run.

    How much a service needs only you can measure, so there is no fix to click.

    Bad:
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            cpus: 1.5
          other:
            image: example.org/other:1.4.2
            deploy:
              resources:
                limits:
                  cpus: "0.5"
          third:
            image: example.org/third:1.4.2
            cpu_shares: 512
    """
    if lacks(service, facts, "cpus", "cpu_shares", "cpu_quota", "cpuset", "deploy.resources.limits.cpus"):
        yield Problem(
            at=service.name_span,
            message=f"{code(service.name)} may take all of the machine's processors",
            subject=service.name,
            why="In a busy loop it slows down everything else that runs there.",
            advice="Set `cpus:` (or `deploy.resources.limits.cpus`), or give it a share with `cpu_shares:`.",
        )
