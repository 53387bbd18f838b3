"""Services in a control group of somebody's choice."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import removed_key, written
from reviewbot.source.compose import ComposeFile


@rule(
    "cgroup-parent",
    title="Leave a service in the engine's control group",
    category=Category.SECURITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.24", "4d9f44c6-2f4a-4317-9bb5-267adbea0232"),
    fixable=True,
)
def cgroup_parent(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """The control group decides how much of the machine a container may use. Below another parent than the engine's, the
    limits that the engine was given for all containers do not count for this one.

    Fine where an administrator made the group for it, with limits of its own.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            cgroup_parent: m-executor-abcd  # <- finding
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
            mem_limit: 512m
    """
    for service, entry in written(compose, "cgroup_parent"):
        yield Problem(
            at=entry.span,
            message=f"{code(service.name)} runs in a control group of its own choice",
            subject=service.name,
            why="Limits that the engine has for all containers do not reach it.",
            advice="Drop `cgroup_parent` and give the service limits of its own.",
            edits=removed_key(service, "cgroup_parent"),
        )
