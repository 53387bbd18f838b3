"""The engine's socket inside a container."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Mount, Service
from reviewbot.source.text import Span

_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "crio.sock", "docker_engine")
_PROXIES = ("socket-proxy", "docker-proxy", "dockerproxy", "docker-socket-proxy")


@rule(
    "docker-socket-mounted",
    title="Keep the engine's socket out of containers",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=(
        "CIS-5.31",
        "exposing-docker-socket-volume",
        "dockerd-socket-mount",
        "d6355c88-1e8d-49e9-b2f2-f8a1ca12c75b",
    ),
)
def docker_socket_mounted(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Whoever can write to the engine's socket can start a container that mounts the host's disk: the socket is root
    on the machine. Mounting it read-only does not help: that is about the file, not about what is sent through it.

    A proxy that lets through only the calls a program needs (listing containers, say) keeps the rest away from it; the
    proxy itself is not reported.

    Bad:
        services:
          traefik:
            image: traefik:3.2.1
            volumes:
              - /var/run/docker.sock:/var/run/docker.sock:ro  # <- finding
              - ./traefik.yaml:/etc/traefik/traefik.yaml:ro
          agent:
            image: example.org/agent:2.3.4
            volumes:
              - type: bind  # <- finding
                source: ${DOCKER_SOCK:-/run/docker.sock}
                target: /var/run/docker.sock
    Also good:
        services:
          proxy:
            image: tecnativa/docker-socket-proxy:0.3.0
            environment:
              CONTAINERS: 1
            volumes:
              - /var/run/docker.sock:/var/run/docker.sock:ro
          traefik:
            image: traefik:3.2.1
            command: --providers.docker.endpoint=tcp://proxy:2375
    """
    seen: set[Span] = set()
    for service in compose.services:
        if _is_proxy(service):
            continue
        for mount in service.mounts:
            if not _is_socket(mount) or mount.span in seen:
                continue
            seen.add(mount.span)
            yield Problem(
                at=mount.span,
                message=f"{code(service.name)} can command the engine, and so is root on the host",
                subject=service.name,
                why="It holds the engine's socket. Through it one call starts a container with the host's disk mounted."
                + (" `:ro` does not stop that." if mount.read_only else ""),
                advice="Put a socket proxy between the two that allows only the calls it needs, on a network of their "
                "own, and give this service the proxy's address. If it needs everything, run it on a host of its own.",
            )


def _is_proxy(service: Service) -> bool:
    reference = service.image_reference
    return reference is not None and reference.name.rpartition("/")[2] in _PROXIES


def _is_socket(mount: Mount) -> bool:
    names = [place.replace("\\", "/").rstrip("/").rpartition("/")[2] for place in (mount.source or "", mount.target)]
    return mount.kind in ("bind", "other") and any(name in _SOCKETS for name in names)
