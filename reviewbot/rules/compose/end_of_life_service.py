"""Services on releases that get no fixes any more."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.end_of_life import end_of_life, table_date
from reviewbot.rules.published import is_database
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_role import is_only_for_tests
from reviewbot.source.compose import ComposeFile


@rule(
    "end-of-life-service",
    title="Run a release that still gets security fixes",
    category=Category.SECURITY,
    severity=Severity.WARNING,
)
def end_of_life_service(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A database or server that has reached its end of life keeps every hole that is found in it from then on. The dates are
    those of the rule `end-of-life-base`: a table that ships with reviewbot, from endoflife.date.

    Fine where somebody sells the fixes, and for services that are there to test against old releases. A database is not
    upgraded by another tag alone: its files have to be, too.

    Bad:
        services:
          db:
            image: postgres:12.4  # <- finding
          cache:
            image: "redis:5-alpine"  # <- finding
          web:
            image: nginx:1.19.6  # <- finding
    Also good:
        services:
          db:
            image: postgres:18.1
          cache:
            image: redis:8.2.1-alpine
          app:
            image: example/postgres:9
          job:
            image: postgres:${PG}
    Also good (it is built here, and its Dockerfile is judged):
        services:
          db:
            build: .
            image: postgres:9
    """
    for service in compose.services:
        image, reference = service.image, service.image_reference
        if image is None or reference is None or service.is_built:
            continue
        over = end_of_life(reference, facts.today)
        if over is None:
            continue
        since = f"since {over.since}" if over.since else "for years"
        move = f"Move to {code(over.instead)}" if " " not in over.instead else f"Take {over.instead}"
        files = ": its files have to be upgraded along with it" if is_database(service, facts) else ""
        yield Problem(
            at=image.span,
            message=f"{code(over.release)} gets no security fixes any more",
            subject=service.name,
            why=f"It has been at its end of life {since}.",
            advice=f"{move}{files}.",
            evidence=f"By the dates of endoflife.date, as of {table_date()}.",
            severity=Severity.INFO if is_only_for_tests(compose) else None,
        )
