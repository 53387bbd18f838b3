"""Two services on one port of the host."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.compose_project_rules import Placed, agreed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.compose_ports import Port, ports_of
from reviewbot.source.compose_project.project import Project

_MOST = 50
"""Services on one port that are remembered: a file with more of them has been told."""


@rule(
    "duplicate-host-port",
    title="Give every published port to one service",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("no-duplicate-exported-ports",),
)
def duplicate_host_port(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A port of the host can be taken once. The second service that wants it does not start: "port is already
    allocated", and which of the two it is changes from call to call.

    Fine with different addresses or protocols, for ranges (the engine chooses a free one), and for services that never
    run together, which have different profiles.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            ports: ["8080:80"]
          admin:
            image: example.org/admin:1.4.2
            ports:
              - "127.0.0.1:8080:3000"  # <- finding
    Bad (an override file adds to the ports, and `extends` brings them along):
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            ports: ["8080:80"]
          worker:  # <- finding
            extends: app
          admin:
            image: example.org/admin:1.4.2
        --- compose.override.yaml
        services:
          admin:
            ports: ["8080:3000"]  # <- finding
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            ports: ["127.0.0.1:8080:80", "53:53/tcp", "53:53/udp", "9000-9010:9000"]
          other:
            image: example.org/other:1.4.2
            ports: ["127.0.0.2:8080:80", "9000-9010:9000"]
          cpu:
            image: example.org/model:1.4.2
            profiles: [cpu]
            ports: ["8000:8000"]
          gpu:
            image: example.org/model:1.4.2
            profiles: [gpu]
            ports: ["8000:8000"]
    """

    def find(project: Project) -> Iterator[Placed]:
        taken: dict[tuple[int, str], list[tuple[Service, Port]]] = {}
        for name, entry in project.section("services").items():
            service = Service(name, entry.key_span, entry.value, compose)
            for port in ports_of(service):
                if port.published is None or port.published[0] != port.published[1] or port.address is None:
                    continue
                key = (port.published[0], port.protocol)
                other = next((each for each in taken.get(key, ()) if _collide(each, (service, port))), None)
                if len(taken.setdefault(key, [])) < _MOST:
                    taken[key].append((service, port))
                if other is not None:
                    yield _placed(service, port, *other)

    yield from agreed(compose, facts, find)


def _placed(service: Service, port: Port, other: Service, others: Port) -> Placed:
    number = port.published[0] if port.published else 0
    # What one service has from another is written there; what can be changed is the one that extends it.
    is_same_place = (port.node.path, port.span) == (others.node.path, others.span)
    path, at = (service.node.path, service.name_span) if is_same_place else (port.node.path, port.span)
    what = f"wants port {number} of the host twice" if other.name == service.name else ""
    problem = Problem(
        at=at,
        message=f"{code(service.name)} {what or f'wants port {number} of the host, which {code(other.name)} has'}",
        subject=f"{service.name} {number}",
        why="The second of them to start fails."
        if other.name != service.name
        else "Its container does not start: the port is allocated already.",
        advice="Publish one of them on another port, or not at all.",
    )
    return Placed(path, problem)


def _collide(one: tuple[Service, Port], other: tuple[Service, Port]) -> bool:
    (service, port), (later, wanted) = one, other
    if service.name == later.name and (port.address, port.target) == (wanted.address, wanted.target):
        return False  # Compose takes the two for one.
    return _meet(port, wanted) and _run_together(service, later)


def _meet(one: Port, other: Port) -> bool:
    return one.address == other.address or one.is_on_all_interfaces or other.is_on_all_interfaces


def _run_together(one: Service, other: Service) -> bool:
    """Whether both can run at once; those in profiles only where they share one."""
    if one.get("network_mode") or other.get("network_mode"):
        return False
    return not one.profiles or not other.profiles or bool(set(one.profiles) & set(other.profiles))
