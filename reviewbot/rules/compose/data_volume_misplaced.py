"""Volumes where a database keeps no data."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.data_folder import data_place, misplaced_mount
from reviewbot.rules.known_images import Family, major_version
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import Mount, Service
from reviewbot.source.text import Span

_OF_POSTGRES = "/var/lib/postgresql"


@rule(
    "data-volume-misplaced",
    title="Mount a database's volume where its data is",
    category=Category.RUNTIME,
    severity=Severity.ERROR,
    fixable=True,
)
def data_volume_misplaced(service: Service, facts: Facts) -> Iterator[Problem]:
    """A volume at the wrong folder stays empty, and nobody notices until the container is made anew and the data is gone.
    Where an image keeps its data differs from packages of the same program, and between versions: PostgreSQL 18 moved
    it from `/var/lib/postgresql/data` to a folder of each version below `/var/lib/postgresql`.

    Bad (PostgreSQL 18 keeps its data one level up, earlier ones did not):
        services:
          new:
            image: postgres:18.1
            volumes:
              - data:/var/lib/postgresql/data  # <- finding
          old:
            image: postgres:16.4
            volumes:
              - "./old:/var/lib/postgresql"  # <- finding
        volumes:
          data:
    Good:
        services:
          new:
            image: postgres:18.1
            volumes:
              - data:/var/lib/postgresql
          old:
            image: postgres:16.4
            volumes:
              - "./old:/var/lib/postgresql/data"
        volumes:
          data:
    Bad (whose data is in it, only you know):
        services:
          db:
            image: postgres
            volumes:
              - data:/var/lib/postgresql/data  # <- finding
          other:
            image: postgres:latest
            volumes:
              - other:/var/lib/postgresql/data  # <- finding
        volumes:
          data:
          other:
    Bad (a volume where this image keeps nothing):
        services:
          cache:
            image: redis:7.4
            volumes:
              - cache:/var/lib/redis  # <- finding
          db:
            image: mongo:7.0
            volumes:
              - type: volume  # <- finding
                source: db
                target: /var/lib/mongodb
        volumes:
          cache:
          db:
    Good:
        services:
          cache:
            image: redis:7.4
            volumes:
              - cache:/data
          db:
            image: mongo:7.0
            volumes:
              - type: volume
                source: db
                target: /data/db
        volumes:
          cache:
          db:
    Also good:
        services:
          new:
            image: postgres:18.1
            volumes: ["data:/var/lib/postgresql"]
          chosen:
            image: postgres:18.1
            environment: {PGDATA: /var/lib/postgresql/data/pg}
            volumes: ["data:/var/lib/postgresql/data"]
          variant:
            image: postgres:bookworm
            volumes: ["data:/var/lib/postgresql/data"]
          other:
            image: postgis/postgis:latest
            volumes: ["data:/var/lib/postgresql/data"]
          latest:
            image: postgres:latest
            volumes: ["data:/var/lib/postgresql"]
          cache:
            image: redis:7.4
            command: redis-server --dir /var/lib/redis --appendonly yes
            volumes: ["cache:/var/lib/redis"]
        volumes:
          data:
          cache:
    """
    place = data_place(service, facts)
    mount = misplaced_mount(service, *place, facts) if place else None
    if place is None or mount is None:
        return
    family, folder = place
    image = service.image_reference
    is_latest = image is not None and major_version(image) is None and mount.target.startswith(_OF_POSTGRES)
    yield Problem(
        at=mount.span,
        message=f"{code(service.name)} has a volume where its data is not: this image keeps it in {code(folder)}",
        subject=service.name,
        why=_why(family, folder, mount),
        advice=_advice(family, folder, is_latest),
        edits=[] if is_latest else _moved(service, mount, folder),
    )


def _advice(family: Family, folder: str, is_latest: bool) -> str:
    if is_latest:
        return (
            "Name the version whose data is in the volume (`postgres:17.6`): a newer one reads none of it. With a new volume, "
            f"mount it at {code(folder)}."
        )
    moving = " Data of another major version has to be moved with `pg_upgrade` or a dump."
    return f"Mount it at {code(folder)}.{moving if family.name == 'PostgreSQL' else ''}"


def _why(family: Family, folder: str, mount: Mount) -> str:
    if mount.target.startswith(_OF_POSTGRES):
        return (
            "PostgreSQL 18 moved its data from `/var/lib/postgresql/data` to a folder of each version below "
            "`/var/lib/postgresql`. Mounted at the other place, the volume stays empty or the server does not start."
        )
    return (
        f"{family.name} writes to {code(folder)}; what is mounted at {code(mount.target)} stays empty, and the data ends "
        "with the container."
    )


def _moved(service: Service, mount: Mount, folder: str) -> list[Edit]:
    """The target of a mount replaced."""
    written = service.file.text[mount.span]
    start = written.rfind(mount.target)
    if start < 0 or written.count(mount.target) != 1 or service.file.is_shared(mount.span):
        return []
    place = Span(mount.span.start + start, mount.span.start + start + len(mount.target))
    return [Edit(service.file.path, place, folder)]
