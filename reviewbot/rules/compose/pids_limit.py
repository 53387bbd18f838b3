"""Services that may start any number of processes."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import added_key, replaced
from reviewbot.rules.service_role import lacks
from reviewbot.source.compose import Service

_LIMIT = "512"
"""Threads count too: enough for what usual services start, and far from what takes a machine down."""


@rule(
    "pids-limit",
    title="Limit the number of processes of every service",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.28", "221e0658-cb2a-44e3-b08a-db96a341d6fa"),
    fixable=True,
)
def pids_limit(service: Service, facts: Facts) -> Iterator[Problem]:
    """A program that starts processes without end uses up the host's process table, and then nothing on the machine
    can start any more, not even the shell to stop it. Threads count as processes here.

    The suggested limit is far above what usual services need; one with hundreds of threads needs more.

    Bad:
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
          other:
            image: example.org/other:1.4.2
            pids_limit: -1  # <- finding
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            pids_limit: 512
          other:
            image: example.org/other:1.4.2
            pids_limit: 512
    Bad (limits stand below deploy):
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
            deploy:
              resources:
                limits:
                  memory: 512M
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            deploy:
              resources:
                limits:
                  memory: 512M
                  pids: 512
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            pids_limit: 100
          other:
            image: example.org/other:1.4.2
            deploy: {resources: {limits: {pids: 100}}}
    """
    limit = service.get("pids_limit")
    is_unlimited = limit is not None and limit.scalar in ("-1", "0")
    if not is_unlimited and not lacks(service, facts, "pids_limit", "deploy.resources.limits.pids"):
        return
    yield Problem(
        at=limit.span if limit and is_unlimited else service.name_span,
        message=f"{code(service.name)} may start any number of processes",
        subject=service.name,
        why="One that starts processes without end keeps the whole machine from starting any.",
        advice=f"Set `pids_limit: {_LIMIT}`, or what it needs at most.",
        edits=replaced(service.file, limit, _LIMIT) if limit and is_unlimited else _edits(service),
    )


def _edits(service: Service) -> list[Edit]:
    limits, file = service.get("deploy", "resources", "limits"), service.file
    if limits is None:
        return added_key(service, f"pids_limit: {_LIMIT}\n")
    if file.is_shared(limits.span):
        return []
    try:
        return [Edit(file.path, *file.insert_entry(limits, f"pids: {_LIMIT}\n"))]
    except ValueError:
        return []
