"""Services that may do anything to the machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_key
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.text import Span

_ONE_IS_ENOUGH = {
    "NET_ADMIN": frozenset(("wireguard", "wg", "keepalived", "dnsmasq", "pihole", "iptables")),
    "SYS_TIME": frozenset(("chrony", "ntp", "ntpd")),
}
"""Programs that ask for all, and that are known to work with one capability."""


@rule(
    "privileged-service",
    title="Give a service the one capability it needs, not all of them",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("CIS-5.4", "ae5b6871-7f45-42e0-bb4c-ab300c4d2026"),
    fixable=True,
)
def privileged_service(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`privileged: true` takes the walls of the container away: all capabilities, all devices, no seccomp profile.
    Whoever breaks into the program can mount the host's disk and is root on the machine.

    Most programs that ask for it need one thing, which can be given by name: a capability (`cap_add`), a device
    (`devices`), or a kernel setting (`sysctls`).

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            privileged: true  # <- finding
            restart: always
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            restart: always
    Bad (of this one it is known what it needs):
        services:
          clock:
            image: example.org/chrony:4.6
            privileged: true  # <- finding
            restart: always
    Good:
        services:
          clock:
            image: example.org/chrony:4.6
            cap_add:
              - SYS_TIME
            restart: always
    Bad (it reaches for the host; what it needs has to be named):
        services:
          radio:
            image: example.org/radio:1.4.2
            privileged: true  # <- finding
            devices:
              - /dev/ttyUSB0:/dev/ttyUSB0
          builder:
            image: docker:27.3-dind
            privileged: true  # <- finding
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            privileged: false
          radio:
            image: example.org/radio:1.4.2
            privileged: ${PRIVILEGED:-false}
            cap_add: [SYS_NICE]
            devices:
              - /dev/ttyUSB0:/dev/ttyUSB0
    """
    seen: set[Span] = set()
    for service in compose.services:
        entry = service.node.entry("privileged")
        if entry is None or entry.value.value not in (True, "true") or entry.span in seen:
            continue
        seen.add(entry.span)
        edits = _edits(compose, service)
        yield Problem(
            at=entry.span,
            message=f"{code(service.name)} runs privileged: it can do to the host what root can",
            subject=service.name,
            why="A privileged container has every capability and every device. To break into its program is to own "
            f"the machine.{_caveat(service) if edits else ''}",
            advice=_advice(service),
            edits=edits,
        )


def _caveat(service: Service) -> str:
    """What the suggestion takes away: it cannot know all that the program does."""
    if _capability(service):
        return " With one capability in place of all of them it loses the rest: try that it still does its work."
    return (
        " Without `privileged` it loses them: if it needs one, name it (`cap_add` for a capability, `devices` for a "
        "device, `sysctls` for a kernel setting)."
    )


def _advice(service: Service) -> str:
    if _runs_containers(service):
        return (
            "Run the rootless variant (`docker:dind-rootless`, `moby/buildkit:rootless`), or keep this service away "
            "from everything that others can reach."
        )
    return (
        "Drop `privileged` and name what it needs: `cap_add` for a capability (`NET_ADMIN` for a VPN, `SYS_TIME` for "
        "a clock), `devices` for a device, `sysctls` for a kernel setting."
    )


def _capability(service: Service) -> str | None:
    """The one capability that a program of this kind needs, as its name tells."""
    image = service.image_reference
    words = set(re.split(r"[^a-z0-9]+", f"{service.name} {image.name if image else ''}".lower()))
    return next((capability for capability, names in _ONE_IS_ENOUGH.items() if names & words), None)


def _runs_containers(service: Service) -> bool:
    reference = service.image_reference
    if reference is None:
        return False
    name = reference.name.rpartition("/")[2]
    return name in ("buildkit", "k3s", "rancher", "kind") or "dind" in name or "dind" in (reference.tag or "")


def _reaches_for_the_host(service: Service) -> bool:
    """Whether other keys say that it does something to the host: then dropping this one would break it."""
    if _runs_containers(service) or any(service.get(key) for key in ("devices", "cap_add", "device_cgroup_rules")):
        return True
    modes = [service.get(key) for key in ("network_mode", "pid", "ipc", "userns_mode", "cgroup")]
    folders = ("/dev", "/sys", "/proc", "/lib/modules", "/run", "/var/run")
    sources = [mount.source or "" for mount in service.mounts if mount.kind == "bind"]
    return any(mode is not None and mode.scalar == "host" for mode in modes) or any(
        source.rstrip("/") in ("", *folders) or source.startswith(tuple(f"{folder}/" for folder in folders))
        for source in sources
    )


def _edits(compose: ComposeFile, service: Service) -> list[Edit]:
    needed = _capability(service)
    entry = service.node.entry("privileged")
    if needed and entry and not service.get("cap_add") and not entry.merged and not service.node.is_flow:
        column = " " * (compose.text.position(entry.key_span.start)[1] - 1)
        dash = " " * (len(column) + compose.style.dash_indent)
        shared = compose.is_shared(entry.span)
        return [] if shared else [Edit(compose.path, entry.span, f"cap_add:{compose.text.newline}{dash}- {needed}")]
    return [] if needed or _reaches_for_the_host(service) else removed_key(service, "privileged")
