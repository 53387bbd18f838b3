"""Databases that the whole network can reach."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.published import bound_to_loopback, private_port
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_role import is_for_tests
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_ports import ports_of
from reviewbot.source.text import Span


@rule(
    "database-port-published",
    title="Publish databases and admin tools on the machine alone",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("CIS-5.13", "451d79dc-0588-476a-ad03-3c7f0320abb3", "no-unbound-port-interfaces"),
    fixable=True,
)
def database_port_published(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`5432:5432` listens on every interface of the host, and Docker opens the port past a firewall such as ufw. On a
    laptop that is whatever network it is in; on a server it is the internet, where databases are found in minutes.

    Other services reach it by its name without any published port; a client on the same machine needs `127.0.0.1` alone.
    Fine in files that only serve tests, and with an address of your own choice (`${BIND:-127.0.0.1}:…`).

    Bad:
        services:
          db:
            image: postgres:16.4
            ports:
              - "5432:5432"  # <- finding
          cache:
            image: redis:7.4
            ports: ["0.0.0.0:6379:6379/tcp"]  # <- finding
          search:
            image: docker.elastic.co/elasticsearch/elasticsearch:8.15.3
            ports:
              - target: 9200  # <- finding
                published: 9200
          admin:
            image: adminer:4.8.1
            ports:
              - ${ADMIN_PORT:-8080}:8080  # <- finding
    Good:
        services:
          db:
            image: postgres:16.4
            ports:
              - "127.0.0.1:5432:5432"
          cache:
            image: redis:7.4
            ports: ["127.0.0.1:6379:6379/tcp"]
          search:
            image: docker.elastic.co/elasticsearch/elasticsearch:8.15.3
            ports:
              - target: 9200
                published: 9200
                host_ip: 127.0.0.1
          admin:
            image: adminer:4.8.1
            ports:
              - 127.0.0.1:${ADMIN_PORT:-8080}:8080
    Also good:
        services:
          db:
            image: postgres:16.4
            ports:
              - "127.0.0.1:5432:5432"
              - ${BIND:-127.0.0.1}:5433:5432
              - "10.0.0.5:5434:5432"
              - "${BIND}:5435:5432"
          web:
            image: nginx:1.27.3
            ports: ["80:80"]
          store:
            image: redis:7.4
            expose: ["6379"]
    Also good (tests):
        --- docker-compose.test.yml
        services:
          db:
            image: postgres:16.4
            ports: ["5432:5432"]
    """
    seen: set[Span] = set()
    for service in compose.services:
        if is_for_tests(service):
            continue
        for port in ports_of(service):
            name = private_port(service, port, facts)
            if name is None or not port.is_on_all_interfaces or port.span in seen:
                continue
            if port.published is None and not port.hides_published:
                continue
            seen.add(port.span)
            yield Problem(
                at=port.span,
                message=f"{name} of {code(service.name)} is open to every network that the machine is in",
                subject=f"{service.name} {port.target[0] if port.target else ''}",
                why="A port without an address listens everywhere, and Docker lets it through the host's firewall.",
                advice="Bind it to `127.0.0.1`, or drop the port: services of this file reach it by name without it.",
                edits=bound_to_loopback(service, port),
            )
