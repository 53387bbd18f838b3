"""The host's own files inside a container."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.host_access import watches_the_host
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Mount
from reviewbot.source.text import Span

_WHOLE = frozenset(
    "/ /bin /boot /dev /etc /home /lib /lib64 /proc /root /run /sbin /sys /usr /var /var/lib /var/lib/docker "  # noqa: SIM905
    "/var/lib/containerd /var/run /var/log /etc/shadow /etc/sudoers /etc/sudoers.d /etc/ssh /etc/pam.d /etc/kubernetes "
    "/root/.ssh ~".split()
)
_CREDENTIALS = (".ssh", ".aws", ".kube", ".gnupg", ".docker", ".config/gcloud", ".azure")
_HOME = re.compile(r"^(?:~|\$\{?HOME\}?|/root|/home/[^/]+)(?=/|$)")


@rule(
    "sensitive-host-path",
    title="Keep the host's system files out of containers",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("CIS-5.5", "1c1325ff-831d-43a1-973e-839ae57dfcc0"),
)
def sensitive_host_path(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A folder such as `/etc`, `/root` or `/` in a container is the host's own: who can write there adds a user, a job or
    a key and is root on the machine; who can read there has its passwords and keys.

    Read-only is better and a warning only. Single harmless files (`/etc/localtime`) are fine, and so are agents that
    report on the host and have it read-only.

    Bad:
        services:
          backup:
            image: example.org/backup:1.4.2
            volumes:
              - /:/host  # <- finding
              - /etc:/host/etc:ro  # <- finding
              - "~/.ssh:/root/.ssh:ro"  # <- finding
              - type: bind  # <- finding
                source: /proc
                target: /host/proc
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            volumes:
              - /etc/localtime:/etc/localtime:ro
              - /lib/modules:/lib/modules:ro
              - /srv/app:/data
              - ./etc:/etc/app
              - ${DATA_DIR}:/data
          exporter:
            image: prom/node-exporter:v1.8.2
            volumes:
              - /:/host:ro,rslave
              - /proc:/host/proc:ro
    """
    seen: set[Span] = set()
    for service in compose.services:
        for mount in service.mounts:
            place = _sensitive(mount)
            if place is None or mount.span in seen or (watches_the_host(service) and mount.read_only):
                continue
            seen.add(mount.span)
            yield Problem(
                at=mount.span,
                message=f"{code(service.name)} can {'read' if mount.read_only else 'change'} the host's {code(place)}",
                subject=f"{service.name} {place}",
                why="It reads keys and passwords that lie there."
                if mount.read_only
                else "Whoever breaks into the program can make itself root on the machine with it.",
                advice="Mount the one file or folder that it needs"
                + ("." if mount.read_only else ", read-only (`:ro`)."),
                severity=Severity.WARNING if mount.read_only else None,
            )


def _sensitive(mount: Mount) -> str | None:
    """The place on the host, where it is one of those."""
    if mount.kind not in ("bind", "other") or not mount.source:
        return None
    source = posixpath.normpath(mount.source)
    home = _HOME.match(source)
    below = source[home.end() :].strip("/") if home else ""
    if home and any(below == folder or below.startswith(f"{folder}/") for folder in _CREDENTIALS):
        return source
    if home and not below:
        return source
    return source if source in _WHOLE else None
