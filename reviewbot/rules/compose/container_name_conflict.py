"""Container names that cannot be given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_key
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.interpolation import interpolate

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


_MOST = 50
"""Services of one name that are remembered: a file with more of them has been told."""


@rule(
    "container-name-conflict",
    title="Give every container a name that it can have",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("no-duplicate-container-names", "service-container-name-regex"),
    fixable=True,
)
def container_name_conflict(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A container's name is taken once on the whole machine. Two services of the same name, one that runs several
    containers, or a name with characters that Docker does not allow: `docker compose up` stops there.

    Without `container_name` Compose makes a name from project, service and number. Services reach each other by the
    service's name in any case.

    Bad:
        services:
          one:
            image: example.org/app:1.4.2
            container_name: app
          two:
            image: example.org/app:1.4.2
            container_name: app  # <- finding
          worker:
            image: example.org/app:1.4.2
            container_name: worker  # <- finding
            deploy:
              replicas: 3
          odd:
            image: example.org/app:1.4.2
            container_name: my app  # <- finding
    Good:
        services:
          one:
            image: example.org/app:1.4.2
            container_name: app
          two:
            image: example.org/app:1.4.2
          worker:
            image: example.org/app:1.4.2
            deploy:
              replicas: 3
          odd:
            image: example.org/app:1.4.2
    Also good:
        services:
          one:
            image: example.org/app:1.4.2
            container_name: app
            deploy: {replicas: 1}
          two:
            image: example.org/app:1.4.2
            container_name: "${PREFIX}-two"
          three:
            image: example.org/app:1.4.2
            container_name: ${NAME:-three}
          cpu:
            image: example.org/model:1.4.2
            container_name: model
            profiles: [cpu]
          gpu:
            image: example.org/model:1.4.2
            container_name: model
            profiles: [gpu]
    """
    named: dict[str, list[Service]] = {}
    for service in compose.services:
        entry = service.node.entry("container_name")
        name = interpolate(entry.value.scalar) if entry and entry.value.scalar else None
        if entry is None or name is None:
            continue
        others = [other for other in named.get(name, ()) if _run_together(other, service)]
        if len(named.setdefault(name, [])) < _MOST:
            named[name].append(service)
        if others:
            message = f"{code(service.name)} and {code(others[0].name)} want the same container name {code(name)}"
            why = "Whichever starts second fails: the name is in use."
        elif _runs_several(service):
            message = f"{code(service.name)} runs several containers under one fixed name"
            why = "Compose refuses: only one container can have the name."
        elif not _NAME.fullmatch(name):
            message = f"{code(name)} cannot be a container's name"
            why = "Docker allows letters, digits, `_`, `.` and `-`, and at least two of them."
        else:
            continue
        yield Problem(
            at=entry.span,
            message=message,
            subject=service.name,
            why=why,
            advice="Drop `container_name`: Compose makes a name that is free.",
            edits=removed_key(service, "container_name"),
        )


def _runs_several(service: Service) -> bool:
    counts = (service.get("deploy", "replicas"), service.get("scale"))
    return any(count is not None and isinstance(count.value, int) and count.value > 1 for count in counts)


def _run_together(one: Service, other: Service) -> bool:
    return not one.profiles or not other.profiles or bool(set(one.profiles) & set(other.profiles))
