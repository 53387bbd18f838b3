"""Ports of the host's own services."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.published import is_door
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_ports import ports_of
from reviewbot.source.text import Span

_WEB = (80, 443)


@rule(
    "privileged-host-port",
    title="Leave ports below 1024 to those who need them",
    category=Category.SECURITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.6", "CIS-5.7", "bc2908f3-f73c-40a9-8793-c1b7d5544f79"),
)
def privileged_host_port(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Ports below 1024 belong to the system: only root may open them, so that whoever connects to 22 or 25 can trust that
    the administrator answers. Rootless engines cannot publish them at all.

    Fine for what the port is for: proxies and web servers on 80 and 443, name servers on 53, mail servers on theirs;
    then keep it with an ignore comment, or leave this rule off.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - "81:8080"  # <- finding
          shell:
            image: example.org/shell:1.4.2
            ports: ["22:22"]  # <- finding
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            ports: ["8080:8080", "80:8081", "443:8443"]
          proxy:
            image: haproxy:3.1.0
            ports: ["25:25"]
    """
    seen: set[Span] = set()
    for service in compose.services:
        for port in ports_of(service) if not is_door(service, facts) else ():
            if port.published is None or port.published[0] >= 1024 or port.published[0] in _WEB or port.span in seen:
                continue
            seen.add(port.span)
            number = port.published[0]
            yield Problem(
                at=port.span,
                message=f"{code(service.name)} takes port {number} of the host, which belongs to the system",
                subject=f"{service.name} {number}",
                why="Where people log in to the host, another program would answer."
                if number == 22
                else "Only root may open it, and a rootless engine cannot.",
                advice="Use `docker exec` in place of an SSH server."
                if number == 22
                else "Publish it on a port from 1024 up.",
            )
