"""Services that others ask for and that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.compose_project_rules import Placed, agreed
from reviewbot.rules.near_names import defined_nearby, nearest_name, renamed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_project.project import Project
from reviewbot.source.compose_project.references import references_of


@rule(
    "undefined-service",
    title="Depend on services that are there",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def undefined_service(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A name in `depends_on`, `links`, `volumes_from`, `network_mode: service:…` or the like that no service has: Compose
    refuses the whole project.

    Override files, what is included and what is extended are looked at as Compose does. Fine with `required: false`,
    and where another Compose file of the folder has the service: the two may be used together.

    Bad:
        services:
          web:
            image: nginx:1.27.3
            depends_on: [mailer]  # <- finding
            network_mode: "service:vpn"  # <- finding
          worker:
            image: example.org/worker:1.4.2
            depends_on:
              database:
                condition: service_started
              queue:  # <- finding
                condition: service_healthy
          database:
            image: postgres:16.4
    Bad:
        services:
          web:
            image: nginx:1.27.3
            depends_on: [databse]  # <- finding
          database:
            image: postgres:16.4
    Good:
        services:
          web:
            image: nginx:1.27.3
            depends_on: [database]
          database:
            image: postgres:16.4
    Also good:
        --- compose.yaml
        include: [db/compose.yaml]
        services:
          web:
            image: nginx:1.27.3
            depends_on:
              db: {condition: service_started}
              cache: {condition: service_started}
              extra: {condition: service_started, required: false}
              "${OTHER}": {condition: service_started}
        --- compose.override.yaml
        services:
          cache:
            image: redis:7.4
        --- db/compose.yaml
        services:
          db:
            image: postgres:16.4
    Also good (used together with another file of the folder):
        --- compose.yaml
        services:
          web:
            image: nginx:1.27.3
            depends_on: [db]
        --- compose.db.yaml
        services:
          db:
            image: postgres:16.4
    """

    def find(project: Project) -> Iterator[Placed]:
        known = project.section("services")
        for service, node in project.services():
            for asked in references_of(service, node):
                if asked.section != "services" or asked.name in known:
                    continue
                if defined_nearby(compose, facts, "services", asked.name):
                    continue
                meant = nearest_name(asked.name, known, besides=service)
                problem = Problem(
                    at=asked.span,
                    message=f"There is no service {code(asked.name)}"
                    + (f": {code(meant)} is meant?" if meant else f", which {code(service)} needs"),
                    subject=f"{service} {asked.key} {asked.name}",
                    why="Compose refuses the whole project because of it.",
                    advice=f"Write the name of a service, or take it out of {code(asked.key)}.",
                    edits=renamed(compose, asked.path, asked.span, asked.name, meant),
                )
                yield Placed(asked.path, problem)

    yield from agreed(compose, facts, find)
