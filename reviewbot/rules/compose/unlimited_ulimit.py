"""Limits of the kernel that were taken away."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import written
from reviewbot.source.compose import ComposeFile, Node

_LOCKED_ON_PURPOSE = "memlock"
"""Search engines keep their heap in memory with it, as their documentation asks."""


@rule(
    "unlimited-ulimit",
    title="Raise a limit to what is needed, not to none",
    category=Category.SECURITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.18",),
)
def unlimited_ulimit(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """The engine gives every container limits for open files, processes and the like, so that one that runs wild does not
    use up what all of them share. `-1` takes a limit away for this service.

    A number is fine, and so is `memlock: -1`, which search engines need to keep their memory from being swapped out.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            ulimits:
              nproc: -1  # <- finding
              nofile:  # <- finding
                soft: 1024
                hard: -1
    Also good:
        services:
          search:
            image: elasticsearch:8.15.3
            ulimits:
              memlock: {soft: -1, hard: -1}
              nofile: 65536
    """
    for service, entry in written(compose, "ulimits"):
        for name, limit in entry.value.items():
            if name != _LOCKED_ON_PURPOSE and _is_unlimited(limit.value):
                yield Problem(
                    at=limit.span,
                    message=f"{code(service.name)} has no limit for {code(name)} at all",
                    subject=f"{service.name} {name}",
                    why="When it runs wild it uses up what all programs of the machine share.",
                    advice="Give it the number that it was found to need.",
                )


def _is_unlimited(limit: Node) -> bool:
    values = (limit, limit.get("soft"), limit.get("hard"))
    return any(value is not None and value.scalar == "-1" for value in values)
