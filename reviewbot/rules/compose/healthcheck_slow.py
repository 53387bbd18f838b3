"""Health checks that notice too late."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.health_test import seconds
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import replaced, written
from reviewbot.source.compose import ComposeFile, Node, Service

_LONGEST = 600
"""Seconds until a service that hangs is called unhealthy."""


@rule(
    "healthcheck-slow",
    title="Notice within minutes that a service is down",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    fixable=True,
)
def healthcheck_slow(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A service is unhealthy after `retries` failures in a row, `interval` apart. With both large a service that hangs
    counts as healthy for many minutes.

    For a slow start there is `start_period`: failures within it do not count, and three retries are enough. Reported
    when it takes more than ten minutes.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
              interval: 1m
              retries: 20  # <- finding
              start_period: 5m
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
              interval: 1m
              retries: 3
              start_period: 5m
    Bad (how long it takes to start only you know):
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
              interval: 1m30s
              retries: 10  # <- finding
    Bad (none is not what it means):
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
              retries: 0  # <- finding
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
              retries: 3
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
              interval: 5s
              retries: 60
          other:
            image: example.org/other:1.4.2
            healthcheck:
              test: ["CMD", "/other", "check"]
              interval: ${INTERVAL}
              retries: 20
    """
    for service, entry in written(compose, "healthcheck"):
        interval, retries = entry.value.get("interval"), entry.value.get("retries")
        every = 30.0 if interval is None else seconds(interval.scalar)
        if retries is None or every is None or (retries.scalar or "").strip("0123456789"):
            continue
        count = int((retries.scalar or "0")[:6] or "0")
        takes = every * count
        if count == 0:
            yield _no_retries(compose, service, retries)
        if takes <= _LONGEST or count <= 3:
            continue
        yield Problem(
            at=retries.span,
            message=f"It takes {_spoken(takes)} until {code(service.name)} is called unhealthy",
            subject=service.name,
            why="Until then whatever waits for it, or restarts it, takes it for healthy.",
            advice="Set `retries: 3` and give it the time that it needs to start as `start_period`.",
            edits=replaced(compose, retries, "3") if _starts_slowly(entry.value) else [],
        )


def _no_retries(compose: ComposeFile, service: Service, retries: Node) -> Problem:
    return Problem(
        at=retries.span,
        message=f"`retries: 0` of {code(service.name)} says nothing: the engine takes its default of 3",
        subject=service.name,
        why="Who reads it takes the service for unhealthy after the first failure.",
        advice="Write `retries: 3`, or `retries: 1` if one failure is meant to be enough.",
        severity=Severity.INFO,
        edits=replaced(compose, retries, "3"),
    )


def _starts_slowly(healthcheck: Node) -> bool:
    return healthcheck.get("start_period") is not None


def _spoken(takes: float) -> str:
    return f"{takes / 60:.0f} minutes" if takes < 7200 else f"{takes / 3600:.0f} hours"
