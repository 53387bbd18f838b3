"""Two services on one port of the host."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.compose_ports import Port, ports_of

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
    taken: dict[tuple[int, str], list[tuple[Service, Port]]] = {}
    for service in compose.services:
        for port in ports_of(service):
            if port.published is None or port.published[0] != port.published[1] or port.address is None:
                continue
            key = (port.published[0], port.protocol)
            other = next((o for o, p in taken.get(key, ()) if _meet(p, port) and _run_together(o, service)), None)
            if len(taken.setdefault(key, [])) < _MOST:
                taken[key].append((service, port))
            if other is not None:
                yield Problem(
                    at=port.span,
                    message=f"{code(service.name)} wants port {key[0]} of the host, which {code(other.name)} has",
                    subject=f"{service.name} {key[0]}",
                    why="The second of them to start fails.",
                    advice="Publish one of them on another port, or not at all.",
                )


def _meet(one: Port, other: Port) -> bool:
    return one.address == other.address or one.is_on_all_interfaces or other.is_on_all_interfaces


def _run_together(one: Service, other: Service) -> bool:
    """Whether both can run at once; those in profiles only where they share one."""
    if one.get("network_mode") or other.get("network_mode"):
        return False
    return not one.profiles or not other.profiles or bool(set(one.profiles) & set(other.profiles))
