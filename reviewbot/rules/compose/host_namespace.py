"""Services that share a namespace with the host."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.host_access import is_part_of_the_network, watches_the_host
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_key, written
from reviewbot.rules.service_role import is_for_tests
from reviewbot.source.compose import ComposeFile, Service


class _Namespace(Struct, frozen=True):
    severity: Severity
    message: str
    why: str
    advice: str


_NAMESPACES = {
    "network_mode": _Namespace(
        Severity.WARNING,
        "uses the host's network",
        "Every port it opens is open on the machine, `ports:` and networks do nothing, and it reaches what listens on "
        "the host's loopback.",
        "Drop `network_mode: host` and publish the ports it serves with `ports:`.",
    ),
    "pid": _Namespace(
        Severity.ERROR,
        "sees and may signal every process of the host",
        "It can read the environment of other processes, passwords included, and as root stop or trace them.",
        "Drop `pid: host`; `pid: service:NAME` shares the processes of one other service, and `cap_add: [SYS_PTRACE]` lets "
        "it trace its own.",
    ),
    "ipc": _Namespace(
        Severity.WARNING,
        "shares the host's memory segments",
        "It reads and writes the shared memory of every program on the machine.",
        "Drop `ipc: host`; `shm_size:` gives it more shared memory of its own, `ipc: shareable` shares it with another "
        "service.",
    ),
    "uts": _Namespace(
        Severity.WARNING,
        "can rename the host",
        "With the host's UTS namespace it sees and, with the capability, sets the machine's host name.",
        "Drop `uts: host`; `hostname:` gives it a name of its own.",
    ),
    "userns_mode": _Namespace(
        Severity.ERROR,
        "turns user namespaces off for itself",
        "Root in this container is root on the host, although the engine is set up to keep the two apart.",
        "Drop `userns_mode: host` and give the user it runs as the right to its files.",
    ),
    "cgroup": _Namespace(
        Severity.WARNING,
        "sees the host's control groups",
        "It sees what else runs on the machine, and with write access can change its limits.",
        "Drop `cgroup: host`; for figures of other containers ask the engine, or mount `/sys/fs/cgroup` read-only.",
    ),
}


@rule(
    "host-namespace",
    title="Keep services in namespaces of their own",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=(
        "CIS-5.9",
        "CIS-5.15",
        "CIS-5.16",
        "CIS-5.20",
        "CIS-5.30",
        "071a71ff-f868-47a4-ac0b-3c59e4ab5443",
        "4f31dd9f-2cc3-4751-9b53-67e4af83dac0",
        "baa3890f-bed7-46f5-ab8f-1da8fc91c729",
        "8af7162d-6c98-482f-868e-0d33fb675ca8",
    ),
    fixable=True,
)
def host_namespace(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Namespaces are the walls between a container and the host. `network_mode: host`, `pid: host` and their like take
    one of them down: whoever breaks into the program sees the host's network, processes or memory.

    Fine for agents that report on the machine and for programs that are part of its network (VPNs, name servers,
    discovery): those are known by name and not reported. The host's network is a warning, its processes an error.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            pid: "host"  # <- finding
            restart: always
          other:
            image: example.org/other:1.4.2
            ipc: host  # <- finding
            userns_mode: host  # <- finding
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            restart: always
          other:
            image: example.org/other:1.4.2
    Bad (which ports it serves only you know):
        services:
          app:
            image: example.org/app:1.4.2
            network_mode: host  # <- finding
    Bad (its ports are already named):
        services:
          app:
            image: example.org/app:1.4.2
            network_mode: host  # <- finding
            ports:
              - "127.0.0.1:8080:8080"
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            ports:
              - "127.0.0.1:8080:8080"
    Bad (it may do anything to the host, and only you know what it does):
        services:
          app:
            image: example.org/app:1.4.2
            privileged: true
            network_mode: host  # <- finding
            ports:
              - "127.0.0.1:8080:8080"
    Also good:
        services:
          node-exporter:
            image: prom/node-exporter:v1.8.2
            network_mode: host
            pid: host
          vpn:
            image: lscr.io/linuxserver/wireguard:1.0.20210914
            network_mode: host
          app:
            image: example.org/app:1.4.2
            network_mode: service:vpn
            ipc: ${IPC:-private}
    """
    for key, namespace in _NAMESPACES.items():
        for service, entry in written(compose, key):
            if entry.value.scalar != "host" or watches_the_host(service):
                continue
            if namespace.severity is Severity.WARNING and is_for_tests(service):
                continue
            if key == "network_mode" and is_part_of_the_network(service):
                continue
            edits = _edits(service, key)
            yield Problem(
                at=entry.span,
                message=f"{code(service.name)} {namespace.message}",
                subject=f"{service.name} {key}",
                why=f"{namespace.why} Without `{key}: host` it loses that access: check that it does not need it."
                if edits
                else namespace.why,
                advice=namespace.advice,
                severity=namespace.severity,
                edits=edits,
            )


def _edits(service: Service, key: str) -> list[Edit]:
    """Without the host's network a service is reached through ``ports:`` alone: only who names them can be edited, and
    of one that is privileged as well nobody knows what it does to the host."""
    privileged = service.get("privileged")
    is_privileged = privileged is not None and privileged.scalar == "true"
    is_known = not is_privileged and (key != "network_mode" or service.get("ports") is not None)
    return removed_key(service, key) if is_known else []
