"""Capabilities with which a container can break out."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.host_access import is_part_of_the_network, watches_the_host
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import written
from reviewbot.source.compose import ComposeFile, Service

_MAY = {
    "ALL": (Severity.ERROR, "do everything that root on the host can"),
    "SYS_ADMIN": (Severity.ERROR, "mount file systems and do most of what root on the host can"),
    "SYS_MODULE": (Severity.ERROR, "load code into the host's kernel"),
    "SYS_RAWIO": (Severity.ERROR, "write to the host's memory and devices"),
    "DAC_READ_SEARCH": (Severity.ERROR, "read any file of the host by its handle"),
    "SYS_BOOT": (Severity.ERROR, "restart the host, or boot another kernel"),
    "BPF": (Severity.WARNING, "load programs into the host's kernel"),
    "SYS_PTRACE": (Severity.WARNING, "look into and change other processes"),
    "NET_ADMIN": (Severity.WARNING, "change routes, firewall rules and interfaces"),
}


@rule(
    "dangerous-capability",
    title="Add no capability that breaks the container open",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("CIS-5.3", "ce76b7d0-9e77-464d-b86f-c5c48e03e22d"),
)
def dangerous_capability(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A capability is a part of root's power. Some of them are as good as all of it: with `SYS_ADMIN` a container
    mounts the host's disk, with `SYS_MODULE` it loads code into the kernel that everything else runs on.

    Fine where the program is there for it: `NET_ADMIN` for a VPN or a firewall, `SYS_PTRACE` for an agent that
    reports on the host. Whether a program still works without one only its authors know, so there is no fix to click.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            cap_add:
              - SYS_ADMIN  # <- finding
              - CHOWN
          browser:
            image: example.org/browser:1.4.2
            cap_add: [CHOWN, "all"]  # <- finding
    Also good:
        services:
          vpn:
            image: lscr.io/linuxserver/wireguard:1.0.20210914
            cap_add: [NET_ADMIN]
          agent:
            image: datadog/agent:7.60.0
            cap_add: [SYS_PTRACE]
          app:
            image: example.org/app:1.4.2
            cap_drop: [ALL]
            cap_add: [NET_BIND_SERVICE, CHOWN]
    """
    for service, entry in written(compose, "cap_add"):
        for item in entry.value.elements():
            name = (item.scalar or "").upper().removeprefix("CAP_")
            if name not in _MAY or _is_there_for_it(service, name):
                continue
            severity, power = _MAY[name]
            yield Problem(
                at=item.span,
                message=f"{code(service.name)} may {power}: it gets the capability {code(name)}",
                subject=f"{service.name} {name}",
                why="Whoever breaks into the program has that power, and from there the machine.",
                advice=_advice(name),
                severity=Severity.WARNING if name == "SYS_ADMIN" and _mounts_fuse(service) else severity,
            )


def _mounts_fuse(service: Service) -> bool:
    """Whether it mounts file systems of its own, for which the kernel asks for the capability."""
    devices = service.get("devices")
    return any("/dev/fuse" in (device.scalar or "") for device in devices.elements()) if devices else False


def _is_there_for_it(service: Service, name: str) -> bool:
    if name == "NET_ADMIN":
        return is_part_of_the_network(service) or watches_the_host(service)
    return name in ("SYS_PTRACE", "BPF", "DAC_READ_SEARCH") and watches_the_host(service)


def _advice(name: str) -> str:
    if name == "ALL":
        return "Drop `ALL` and add the few capabilities that the program was found to need."
    if name == "SYS_PTRACE":
        return "Debuggers need it only while somebody debugs: move it to a Compose file for that, or a profile."
    if name == "SYS_ADMIN":
        return "Drop it. A browser's sandbox needs a seccomp profile that allows user namespaces, not this."
    return "Drop it, or run what needs it in a service of its own that nobody outside can reach."
