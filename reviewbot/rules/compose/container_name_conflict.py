"""Container names that cannot be given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.compose_project_rules import Placed, agreed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_key
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.compose_project.project import Project
from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Span

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
    Bad (`extends` brings the name along):
        services:
          one:
            image: example.org/app:1.4.2
            container_name: app
          two:  # <- finding
            extends: one
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

    def find(project: Project) -> Iterator[Placed]:
        named: dict[str, list[Service]] = {}
        for key, entry in project.section("services").items():
            service = Service(key, entry.key_span, entry.value, compose)
            name = interpolate((service.get("container_name") or service.node).scalar or "")
            if not name:
                continue
            others = [other for other in named.get(name, ()) if _run_together(other, service)]
            if len(named.setdefault(name, [])) < _MOST:
                named[name].append(service)
            problem = _problem(compose, service, name, others)
            if problem is not None:
                yield problem

    yield from agreed(compose, facts, find)


def _problem(compose: ComposeFile, service: Service, name: str, others: Sequence[Service]) -> Placed | None:
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
        return None
    path, at = _place(service, others)
    written = compose.service(service.name) if path == compose.path else None
    return Placed(
        path,
        Problem(
            at=at,
            message=message,
            subject=service.name,
            why=why,
            advice="Drop `container_name`: Compose makes a name that is free.",
            edits=removed_key(written, "container_name") if written is not None else [],
        ),
    )


def _place(service: Service, others: Sequence[Service]) -> tuple[str, Span]:
    """Where the name is given; the service itself where it has it from the one that it is in conflict with."""
    entry = service.node.entry("container_name")
    places = [other.node.entry("container_name") for other in others]
    if entry is None or any(
        place and (place.value.path, place.span) == (entry.value.path, entry.span) for place in places
    ):
        return service.node.path, service.name_span
    return entry.value.path, entry.span


def _runs_several(service: Service) -> bool:
    counts = (service.get("deploy", "replicas"), service.get("scale"))
    return any(count is not None and isinstance(count.value, int) and count.value > 1 for count in counts)


def _run_together(one: Service, other: Service) -> bool:
    return not one.profiles or not other.profiles or bool(set(one.profiles) & set(other.profiles))
