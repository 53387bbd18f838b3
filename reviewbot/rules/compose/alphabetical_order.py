"""Services, dependencies and ports by the alphabet."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.key_order import reordered
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import written
from reviewbot.source.compose import ComposeFile


@rule(
    "alphabetical-order",
    title="Write services, dependencies and ports in alphabetical order",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    set=RuleSet.NAMED,
    aliases=(
        "services-alphabetical-order",
        "service-dependencies-alphabetical-order",
        "service-ports-alphabetical-order",
    ),
    fixable=True,
)
def alphabetical_order(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """In a long file a service is found faster when the names are in order, and two people who add one at the end do not
    meet in a merge conflict.

    A matter of taste: on only when it is named.

    Bad:
        services:
          # in front
          web:  # <- finding
            image: nginx:1.27.3
          app:
            image: example.org/app:1.4.2
    Good:
        services:
          app:
            image: example.org/app:1.4.2
          # in front
          web:
            image: nginx:1.27.3
    Bad (lists are sorted by hand):
        services:
          app:
            image: example.org/app:1.4.2
            depends_on:
              - db
              - cache  # <- finding
            ports: ["443:443", "80:80"]  # <- finding
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            depends_on: [cache, db]
            ports: ["80:80", "443:443"]
          web:
            image: nginx:1.27.3
    """
    section = compose.root.get("services")
    entries = sorted((e for e in section.entries() if not e.merged), key=lambda e: e.span.start) if section else []
    names = [entry.key for entry in entries]
    wanted = sorted(names, key=str.lower)
    if section is not None and names != wanted:
        first = next(entry for entry, name in zip(entries, wanted, strict=True) if entry.key != name)
        yield Problem(
            at=first.key_span,
            message=f"The services are not in alphabetical order: {code(first.key)} comes too early",
            subject="services",
            why=f"{code(wanted[names.index(first.key)])} belongs in its place.",
            advice="Sort the services by name.",
            edits=reordered(compose, section, wanted),
        )
    for key in ("depends_on", "ports"):
        for service, entry in written(compose, key):
            items = [item.scalar or "" for item in entry.value.elements()]
            late = next((n for n in range(1, len(items)) if _order(items[n]) < _order(items[n - 1])), None)
            if late is not None and all(items):
                yield Problem(
                    at=entry.value.elements()[late].span,
                    message=f"{code(key)} of {code(service.name)} is not in order: {code(items[late])} comes too late",
                    subject=f"{service.name} {key}",
                    why=f"It stands behind {code(items[late - 1])}.",
                    advice="Sort the list.",
                )


def _order(item: str) -> tuple[int, str]:
    """Ports by their number, names by the alphabet."""
    first = item.partition(":")[0].partition("-")[0]
    return (int(first[:6]), item) if first.isdecimal() else (0, item.lower())
