"""Ports that lead nowhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.probe import exposed_ports, start_line
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_image import ServiceImage, image_of
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.compose_ports import Port, ports_of
from reviewbot.source.text import Span


@rule(
    "port-not-exposed",
    title="Publish the port that the image listens on",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=("CIS-5.8",),
    fixable=True,
    depends_on_facts=True,
)
def port_not_exposed(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """In `8080:3000` the second number is the container's. When the image says with `EXPOSE` that it listens elsewhere,
    whoever connects is refused.

    Said when none of a service's ports is one that its Dockerfile exposes, and nothing in the service, in a file that is
    mounted into it or in the Dockerfile speaks of the port that is published; nor does another service look for it there.

    Bad:
        --- compose.yaml
        services:
          app:
            build: .
            ports:
              - "127.0.0.1:8080:8000"  # <- finding
        --- Dockerfile
        FROM node:22.11-slim
        EXPOSE 3000
        CMD ["node", "server.js"]
    Good:
        --- compose.yaml
        services:
          app:
            build: .
            ports:
              - "127.0.0.1:8080:3000"
    Also good:
        --- compose.yaml
        services:
          app:
            build: .
            ports: ["3000:3000", "9229:9229"]
          other:
            build: .
            environment: {PORT: 8000}
            ports: ["8080:8000"]
          third:
            build: .
            command: node server.js --port 8000
            ports: ["8080:8000"]
        --- Dockerfile
        FROM node:22.11-slim
        EXPOSE 3000
        CMD ["node", "server.js"]
    Also good (its settings are mounted; another service finds it at that port):
        --- compose.yaml
        services:
          alpha:
            build: .
            volumes: ["./alpha.json:/app/config.json:ro"]
            ports: ["8541:8541"]
          beta:
            build: .
            ports: ["8551:8551"]
          ui:
            image: example.org/ui:1.4.2
            environment: {BACKEND: "http://beta:8551"}
        --- alpha.json
        {"port": 8541}
        --- Dockerfile
        FROM node:22.11-slim
        EXPOSE 3000
        CMD ["node", "server.js"]
    """
    seen: set[Span] = set()
    for service in compose.services:
        image, whole = image_of(service, facts), facts.as_used(service)
        exposed = exposed_ports(image)
        ports = [port for port in ports_of(service) if port.target and port.protocol == "tcp"]
        if image.stage is None or not exposed or not ports or whole.get("env_file") or whole.get("network_mode"):
            continue
        if any(port.target and _covers(port.target, exposed) for port in ports):
            continue
        if any(_speaks_of(whole, image, port) for port in ports) or whole.get("entrypoint"):
            continue
        if any(_is_set_elsewhere(compose, service, port, facts) for port in ports):
            continue
        for port in ports:
            if port.span in seen or port.target is None:
                continue
            seen.add(port.span)
            listed = ", ".join(str(number) for number in sorted(exposed))
            yield Problem(
                at=port.span,
                message=f"{code(service.name)} publishes port {port.target[0]} of its container, which listens on {listed}",
                subject=f"{service.name} {port.target[0]}",
                why=f"Its Dockerfile exposes {listed} alone: who connects here is refused.",
                advice=f"Publish {listed}, or set `EXPOSE` in the Dockerfile to what the program listens on.",
                edits=_edits(compose, port, min(exposed)) if len(exposed) == 1 and len(ports) == 1 else [],
                confidence=Confidence.MEDIUM,
            )


def _covers(target: tuple[int, int], exposed: frozenset[int]) -> bool:
    return any(target[0] <= number <= target[1] for number in exposed)


def _speaks_of(service: Service, image: ServiceImage, port: Port) -> bool:
    number = str(port.target[0]) if port.target else ""
    words = [start_line(service, image), *(variable.value or "" for variable in service.environment)]
    words += [image.dockerfile.text.content if image.dockerfile else ""]
    for node in (service.get("healthcheck", "test"), service.get("labels")):
        if node is not None:
            entries = [(name, entry.value) for name, entry in node.items()]
            words += [*(name for name, _ in entries), *(value.scalar or "" for _, value in entries)]
            words += [each.scalar or "" for each in (node, *node.elements())]
    return any(number in word for word in words)


def _is_set_elsewhere(compose: ComposeFile, service: Service, port: Port, facts: Facts) -> bool:
    """Whether a file that is mounted into the service names the port, or another service's environment does."""
    number = str(port.target[0]) if port.target else ""
    folder = posixpath.dirname(compose.path)
    for mount in service.mounts:
        if mount.kind == "bind" and mount.source and not posixpath.isabs(mount.source):
            text = facts.text(posixpath.normpath(posixpath.join(folder, mount.source)))
            if text is not None and number in text.content:
                return True
    address = re.compile(rf"\b{re.escape(service.name)}:{number}\b")
    others = (variable.value or "" for other in compose.services for variable in other.environment)
    return any(address.search(value) for value in others)


def _edits(compose: ComposeFile, port: Port, number: int) -> list[Edit]:
    node = port.node
    written, target = compose.text[node.span], str(port.target[0] if port.target else "")
    if port.is_long or node.is_alias or compose.is_shared(node.span):
        return []
    body = written.rstrip("\"'").removesuffix("/tcp")
    if not body.endswith(f":{target}"):
        return []
    end = node.span.start + len(body)
    return [Edit(compose.path, Span(end - len(target), end), str(number))]
