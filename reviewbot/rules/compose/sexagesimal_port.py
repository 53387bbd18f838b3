"""Ports that YAML may read as a number to the base of 60."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import quoted, written
from reviewbot.source.compose import ComposeFile

_BASE_60 = re.compile(r"[1-9]\d*(?::[0-5]?\d)+")


@rule(
    "sexagesimal-port",
    title="Put quotes around ports such as 22:22",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    fixable=True,
)
def sexagesimal_port(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """In YAML 1.1 `22:22` is the number 1342: digits with colons count to the base of 60 when the part behind the colon
    is below 60. Docker Compose of today reads it as text; podman-compose, Ansible and every reader built on PyYAML do
    not, and open a port that nobody asked for.

    Only ports that can be misread are reported; `quote-ports` asks for quotes around all of them.

    Bad:
        services:
          git:
            image: example.org/git:1.4.2
            ports:
              - 22:22  # <- finding
              - 8080:80
          mail:
            image: example.org/mail:1.4.2
            ports: [2525:25]  # <- finding
    Good:
        services:
          git:
            image: example.org/git:1.4.2
            ports:
              - "22:22"
              - 8080:80
          mail:
            image: example.org/mail:1.4.2
            ports: ["2525:25"]
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - "22:22"
              - 127.0.0.1:22:22
              - 53:53/udp
              - 443:443
              - "25"
    """
    for service, entry in written(compose, "ports"):
        for item in entry.value.elements():
            if _BASE_60.fullmatch(item.raw.strip()):
                yield Problem(
                    at=item.span,
                    message=f"{code(item.raw.strip())} without quotes is a number to the base of 60 in YAML 1.1",
                    subject=f"{service.name} {item.raw.strip().rpartition(':')[2]}",
                    why="Readers other than Docker Compose publish another port.",
                    advice="Put it in quotes.",
                    edits=quoted(compose, item),
                )
