"""Lists in which something stands twice."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_item
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_schema.validate import SchemaError, Violation

_REFUSED = frozenset(
    ("depends_on", "device_cgroup_rules", "external_links", "extra_hosts", "group_add", "networks", "security_opt")
) | {"volumes_from"}
"""Lists in which Compose allows nothing twice; of others it takes what stands there twice for one."""

_OF_ANOTHER_RULE = frozenset(("environment",))


@rule(
    "duplicate-item",
    title="List everything once",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def duplicate_item(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Some lists of a service may hold nothing twice (`depends_on`, `networks`, `security_opt`, `extra_hosts` and a few
    more): Compose refuses the whole file. In others, such as `ports`, it takes the two for one; then the line only
    makes people look for a difference.

    Bad:
        services:
          web:
            image: example.org/web:1.4.2
            networks:
              - front
              - back
              - front  # <- finding
            cap_drop: [ALL, NET_RAW, ALL]  # <- finding
        networks:
          front:
          back:
    Good:
        services:
          web:
            image: example.org/web:1.4.2
            networks:
              - front
              - back
            cap_drop: [ALL, NET_RAW]
        networks:
          front:
          back:
    Also good:
        services:
          web:
            image: example.org/web:1.4.2
            command: [echo, a, a]
            networks: [front]
            ports: ["127.0.0.1:80:80", "[::1]:80:80"]
        networks:
          front:
    """
    for error in compose.schema_errors:
        if error.violation is not Violation.DUPLICATE_ITEM or error.keys[-1] in _OF_ANOTHER_RULE:
            continue
        is_refused = error.keys[-1] in _REFUSED
        yield Problem(
            at=error.span,
            message=f"{code(error.key)} stands twice in {code('.'.join(error.keys))}",
            subject=f"{'.'.join(error.keys)} {error.key}",
            why="Compose refuses the whole file because of it."
            if is_refused
            else "Compose takes the two for one: this one does nothing.",
            advice="Take one of them out.",
            severity=None if is_refused else Severity.INFO,
            edits=_edits(compose, error),
        )


def _edits(compose: ComposeFile, error: SchemaError) -> list[Edit]:
    if len(error.keys) != 3 or error.keys[0] != "services":
        return []
    service = compose.service(error.keys[1])
    return removed_item(service, error.keys[2], error.node) if service is not None else []
