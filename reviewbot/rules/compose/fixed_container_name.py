"""Names that keep a service from running twice."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import removed_key, written
from reviewbot.source.compose import ComposeFile


@rule(
    "fixed-container-name",
    title="Leave container names to Compose",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    fixable=True,
)
def fixed_container_name(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A service with a `container_name` runs once on a machine: it cannot be scaled, and the same project cannot run a
    second time next to it, for another branch or in a CI job.

    Fine where scripts or people know the container by that name, and one of it is all there will be.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            container_name: app  # <- finding
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
            hostname: app
    """
    for service, entry in written(compose, "container_name"):
        yield Problem(
            at=entry.span,
            message=f"{code(service.name)} can run only once on a machine: its container has a fixed name",
            subject=service.name,
            why="It cannot be scaled, and the project cannot run twice side by side.",
            advice="Drop `container_name`; other services reach it by the service's name.",
            edits=removed_key(service, "container_name"),
        )
