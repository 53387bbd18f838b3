"""The host's disks and memory as devices of a container."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.host_access import watches_the_host
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import written
from reviewbot.source.compose import ComposeFile, Node

_DISK_OR_MEMORY = re.compile(
    r"/dev/(?:mem|kmem|port|kcore|sd[a-z]+\d*|nvme\d+(?:n\d+(?:p\d+)?)?|vd[a-z]\d*|xvd[a-z]\d*)"
)


@rule(
    "sensitive-device",
    title="Give no container the host's disks or memory",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("CIS-5.17",),
)
def sensitive_device(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Whoever can write to a disk's device writes to every file on it, past all permissions, and `/dev/mem` is the
    memory of the whole machine. Both are the way out of the container.

    Fine for single devices that hold nothing of the host: a serial port, a GPU, a sound card; and read-only (`:r`) for
    a program that reports on the health of disks.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            devices:
              - /dev/sda:/dev/sda  # <- finding
              - /dev/ttyUSB0:/dev/ttyUSB0
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            devices:
              - /dev/dri
              - /dev/sda:/dev/sda:r
          scrutiny:
            image: ghcr.io/analogj/scrutiny:v0.8.1-omnibus
            devices: [/dev/sda]
    """
    for service, entry in written(compose, "devices"):
        for item in entry.value.elements():
            source, mode = _device(item)
            if _DISK_OR_MEMORY.fullmatch(source) and mode != "r" and not watches_the_host(service):
                yield Problem(
                    at=item.span,
                    message=f"{code(service.name)} can write to {code(source)} past all permissions",
                    subject=f"{service.name} {source}",
                    why="What is on the device belongs to the host: its files, its passwords, its programs.",
                    advice="Mount the file system that it needs, or give the device read-only (`:r`).",
                )


def _device(item: Node) -> tuple[str, str]:
    source, permissions = item.get("source"), item.get("permissions")
    if item.is_mapping:
        return (source.scalar or "" if source else ""), (permissions.scalar or "" if permissions else "")
    parts = (item.scalar or "").split(":")
    return parts[0], parts[2] if len(parts) > 2 else ""
