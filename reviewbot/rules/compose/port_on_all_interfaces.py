"""Ports that the whole network can reach."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.published import bound_to_loopback, is_door, private_port, was_local
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_role import is_for_tests
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_ports import ports_of
from reviewbot.source.text import Span


@rule(
    "port-on-all-interfaces",
    title="Say which address a port is published on",
    category=Category.SECURITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.13", "451d79dc-0588-476a-ad03-3c7f0320abb3", "no-unbound-port-interfaces"),
    fixable=True,
)
def port_on_all_interfaces(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A port without an address listens on every interface of the host, and Docker opens it past the host's firewall.
    What a reverse proxy on the same machine serves, or only you look at, needs `127.0.0.1` alone.

    Fine for what is meant to be reached from outside: proxies and web servers are not reported. Databases are the
    matter of `database-port-published`.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - 8080:8080  # <- finding
              - "9090"
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - 127.0.0.1:8080:8080
              - "9090"
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            ports: ["127.0.0.1:8080:8080", "${BIND:-127.0.0.1}:80:80"]
          proxy:
            image: traefik:3.2.1
            ports: ["80:80", "443:443"]
    """
    seen: set[Span] = set()
    for service in compose.services:
        if is_for_tests(service) or is_door(service, facts):
            continue
        for port in ports_of(service):
            if not port.is_on_all_interfaces or port.span in seen or private_port(service, port, facts):
                continue
            if (port.published is None and not port.hides_published) or was_local(service, port, facts):
                continue
            seen.add(port.span)
            yield Problem(
                at=port.span,
                message=f"A port of {code(service.name)} is open to every network that the machine is in",
                subject=f"{service.name} {port.target[0] if port.target else ''}",
                why="Without an address it listens on all interfaces, past the host's firewall.",
                advice="Bind it to the address it is meant for: `127.0.0.1` behind a proxy on the same machine.",
                edits=bound_to_loopback(service, port),
            )
