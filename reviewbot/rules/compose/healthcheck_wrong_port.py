"""Health checks that ask where nobody listens."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.health_test import HealthTest, health_test
from reviewbot.rules.probe import exposed_ports
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_image import image_of
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.compose_ports import Port, ports_of
from reviewbot.source.text import Span


@rule(
    "healthcheck-wrong-port",
    title="Check a service's health on its own port",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def healthcheck_wrong_port(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A health check runs inside the container: `localhost` is the container, and what counts is the port that the
    program listens on, not the one that the host publishes it on. Asked on the host's port, it never answers.

    Said when the port that is asked is one of the host's and none of the container's, and nothing else in the service
    or its Dockerfile speaks of it.

    Bad:
        services:
          api:
            image: example.org/api:1.4.2
            ports:
              - "127.0.0.1:8081:8080"
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost:8081/health"]  # <- finding
    Good:
        services:
          api:
            image: example.org/api:1.4.2
            ports:
              - "127.0.0.1:8081:8080"
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost:8080/health"]
    Also good:
        services:
          api:
            image: example.org/api:1.4.2
            ports: ["8081:8080"]
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost:9000/health"]
          other:
            image: example.org/api:1.4.2
            command: --listen 8082
            ports: ["8082:8080"]
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost:8082/health"]
          same:
            image: example.org/api:1.4.2
            ports: ["8083:8083", "80:8080"]
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost:8083/health"]
          ranged:
            image: example.org/api:1.4.2
            ports: ["8000-8010:8000-8010"]
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost:8005/health"]
    """
    for service in compose.services:
        test = health_test(service)
        whole = facts.as_used(service)
        if test is None or whole.get("network_mode"):
            continue
        ports = ports_of(whole)
        for asked in sorted(test.asked_ports):
            mapped = [port for port in ports if port.published == (asked, asked)]
            if not mapped or _listens(whole, asked, ports, facts):
                continue
            target = mapped[0].target
            if target is None or target[0] != target[1]:
                continue
            yield Problem(
                at=test.node.span,
                message=f"The health check of {code(service.name)} asks port {asked}, which is the host's; the "
                f"container's is {target[0]}",
                subject=f"{service.name} {asked}",
                why="It runs inside the container, where nothing listens on that port: the service is never healthy.",
                advice=f"Ask port {target[0]}.",
                edits=_edits(compose, test, asked, target[0]),
            )


def _listens(service: Service, asked: int, ports: tuple[Port, ...], facts: Facts) -> bool:
    """Whether anything says that the container itself listens there."""
    if any(port.target and port.target[0] <= asked <= port.target[1] for port in ports):
        return True
    image = image_of(service, facts)
    if asked in exposed_ports(image):
        return True
    words = [service.command, *(variable.value or "" for variable in service.environment)]
    expose, entrypoint = service.get("expose"), service.get("entrypoint")
    words += [item.scalar or "" for node in (expose, entrypoint) if node for item in (*node.elements(), node)]
    if image.dockerfile is not None:
        words.append(image.dockerfile.text.content)
    return any(str(asked) in word for word in words) or bool(service.get("env_file"))


def _edits(compose: ComposeFile, test: HealthTest, asked: int, port: int) -> list[Edit]:
    node = test.node
    written = compose.text[node.span]
    place = written.find(f":{asked}")
    if node.is_alias or compose.is_shared(node.span) or place < 0 or written.count(str(asked)) != 1:
        return []
    start = node.span.start + place + 1
    return [Edit(compose.path, Span(start, start + len(str(asked))), str(port))]
