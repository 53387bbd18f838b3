"""Ports that the machine alone could reach, and the whole network can now."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.published import bound_to_loopback, private_port, was_local
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_ports import ports_of
from reviewbot.source.text import Span


@rule(
    "port-widened",
    title="Do not open a local port to the network by the way",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    fixable=True,
)
def port_widened(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A port bound to `127.0.0.1` is reached from the machine alone. Without the address it listens on every interface,
    and Docker opens it past the host's firewall: a change that drops the address takes a protection away, and is easy to
    overlook.

    Told only of a change, where the base has the same port of the same service on the machine's own address. Fine where
    the service is meant to be reached from outside now: ignore it with a comment that says so.
    `database-port-published` speaks of databases, `port-on-all-interfaces` of ports that never had an address.

    Bad:
        --- before compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - "127.0.0.1:8000:8000"
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - "8000:8000"  # <- finding
    Good:
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - "127.0.0.1:8000:8000"
    Also good:
        --- before compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            ports: ["127.0.0.1:8000:8000", "8001:8001", "127.0.0.1:8002:8002", "127.0.0.1:53:53/udp", "8004:8004"]
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            ports: ["${BIND:-127.0.0.1}:8000:8000", "8001:8001", "8003:8003", "53:53", "127.0.0.1:8004:8004"]
          other:
            image: example.org/app:1.4.2
            ports: ["8000:8000"]
    """
    seen: set[Span] = set()
    for service in compose.services:
        for port in ports_of(service):
            if port.span in seen or not was_local(service, port, facts) or private_port(service, port, facts):
                continue
            seen.add(port.span)
            number = port.target[0] if port.target else ""
            yield Problem(
                at=port.span,
                message=f"Port {number} of {code(service.name)} was for this machine alone, and is open to every network now",
                subject=f"{service.name} {number}",
                why="The base binds it to the machine's own address. Without one it listens on all interfaces, past the "
                "host's firewall.",
                advice="Bind it to `127.0.0.1` again; where others are to reach it, put a proxy with TLS and a login before it.",
                edits=bound_to_loopback(service, port),
            )
