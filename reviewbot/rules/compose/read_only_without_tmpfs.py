"""Services that cannot write what they have to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.known_images import family_of
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import added_item, added_key
from reviewbot.rules.service_image import image_of
from reviewbot.source.compose import Service


@rule(
    "read-only-without-tmpfs",
    title="Give a read-only service the folders that it writes to",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    fixable=True,
)
def read_only_without_tmpfs(service: Service, facts: Facts) -> Iterator[Problem]:
    """With `read_only: true` a program that keeps a socket, a process number or a cache in the container does not start.
    nginx writes to `/var/cache/nginx` and `/var/run`, PostgreSQL to `/var/run/postgresql`.

    A volume or a `tmpfs` there is fine. Said of images of which it is known what they write to.

    Bad:
        services:
          web:
            image: nginx:1.27.3
            read_only: true  # <- finding
            ports: ["80:80"]
    Good:
        services:
          web:
            image: nginx:1.27.3
            read_only: true
            ports: ["80:80"]
            tmpfs:
              - /var/cache/nginx
              - /var/run
    Also good:
        services:
          web:
            image: nginx:1.27.3
            read_only: true
            tmpfs: [/var/cache/nginx, /run]
          cache:
            image: memcached:1.6.32
            read_only: true
          app:
            image: example.org/app:1.4.2
            read_only: true
    """
    entry, whole = service.node.entry("read_only"), facts.as_used(service)
    if entry is None or entry.value.value is not True or whole.get("command") or whole.get("entrypoint"):
        return
    image = image_of(service, facts)
    family = family_of(image.reference) if image.stage is None else None
    if family is None or not family.scratch or whole.get("volumes_from"):
        return
    held = [_real(mount.target) for mount in whole.mounts if mount.target]
    missing = [
        folder
        for folder in family.scratch
        if folder != "/tmp" and not any(_holds(each, _real(folder)) for each in held)  # noqa: S108
    ]
    if not missing:
        return
    items = added_item(service, "tmpfs", missing[0]) if len(missing) == 1 else []
    if whole.get("tmpfs") is None:
        items = added_key(service, "tmpfs:\n" + "".join(f"  - {folder}\n" for folder in missing))
    yield Problem(
        at=entry.span,
        message=f"{code(service.name)} cannot start read-only: it writes to {', '.join(map(code, missing))}",
        subject=service.name,
        why=f"{family.name} keeps its process number, sockets or caches there.",
        advice="Add a `tmpfs:` for each of these folders.",
        edits=items,
    )


def _real(folder: str) -> str:
    """A folder of the container by its one name: ``/var/run`` is a link to ``/run``."""
    return posixpath.normpath(folder).replace("/var/run", "/run", 1)


def _holds(mounted: str, folder: str) -> bool:
    return folder == mounted or folder.startswith(f"{mounted.rstrip('/')}/")
