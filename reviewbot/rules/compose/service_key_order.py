"""The order of a service's keys."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.key_order import rank, reordered
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.compose import Service
from reviewbot.source.compose_keys import SERVICE_KEYS


@rule(
    "service-key-order",
    title="Write a service's keys in one order",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    set=RuleSet.NAMED,
    aliases=("service-keys-order",),
    fixable=True,
)
def service_key_order(service: Service, facts: Facts) -> Iterator[Problem]:
    """Where every service is written in the same order, what is missing is seen at a glance: what it is, what it may do,
    what it runs, with what, on what, and how it is kept running.

    A matter of taste: on only when it is named.

    Bad:
        services:
          app:
            restart: always  # <- finding
            # the one that was tested
            image: example.org/app:1.4.2
            ports:
              - "80:80"
    Good:
        services:
          app:
            # the one that was tested
            image: example.org/app:1.4.2
            ports:
              - "80:80"
            restart: always
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            environment: {A: b}
            ports: ["80:80"]
            healthcheck:
              test: ["CMD", "/app", "check"]
    """
    entries = sorted((e for e in service.node.entries() if not e.merged), key=lambda entry: entry.span.start)
    written = [entry.key for entry in entries]
    wanted = sorted(written, key=lambda key: rank(key, SERVICE_KEYS))
    if service.node.is_alias or written == wanted:
        return
    first = next(entry for entry, key in zip(entries, wanted, strict=True) if entry.key != key)
    yield Problem(
        at=first.key_span,
        message=f"The keys of {code(service.name)} are not in their usual order",
        subject=service.name,
        why=f"{code(first.key)} stands before {code(wanted[written.index(first.key)])}.",
        advice=f"Write them as {', '.join(map(code, wanted))}.",
        edits=reordered(service.file, service.node, wanted),
    )
