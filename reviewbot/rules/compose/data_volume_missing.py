"""Databases whose data goes with the container."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.data_folder import data_place, holds, holds_elsewhere, misplaced_mount
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Mount, Service
from reviewbot.source.text import Span

_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_./-]*")
"""What needs no quotes in YAML, and is one word to Compose."""


@rule(
    "data-volume-missing",
    title="Keep a database's data in a named volume",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    fixable=True,
)
def data_volume_missing(service: Service, facts: Facts) -> Iterator[Problem]:
    """What a database writes goes into an anonymous volume or into the container itself when no volume is mounted where
    it keeps its data. `docker compose down`, or a new container elsewhere, starts with an empty database, and what
    was there is lost or nobody can tell which of many nameless volumes it is.

    Fine for data that need not last: a `tmpfs`, a service for tests, a cache. The folder differs between images and
    versions (PostgreSQL 18 moved it); the suggestion has the right one.

    Bad:
        services:
          db:  # <- finding
            image: postgres:16.4
          search:
            image: elasticsearch:8.15.3
            volumes:
              - ./config.yml:/usr/share/elasticsearch/config/elasticsearch.yml:ro
              - search:/usr/share/elasticsearch/data
        volumes:
          search:
    Good:
        services:
          db:
            image: postgres:16.4
            volumes:
              - db-data:/var/lib/postgresql/data
          search:
            image: elasticsearch:8.15.3
            volumes:
              - ./config.yml:/usr/share/elasticsearch/config/elasticsearch.yml:ro
              - search:/usr/share/elasticsearch/data
        volumes:
          search:
          db-data:
    Bad (there are volumes, none for the data):
        services:
          db:  # <- finding
            image: postgres:18.1
            volumes:
              - ./init:/docker-entrypoint-initdb.d:ro
    Good:
        services:
          db:
            image: postgres:18.1
            volumes:
              - ./init:/docker-entrypoint-initdb.d:ro
              - db-data:/var/lib/postgresql

        volumes:
          db-data:
    Bad (a volume without a name is a new one after `down`):
        services:
          db:
            image: mysql:8.4
            volumes:
              - /var/lib/mysql  # <- finding
    Good:
        services:
          db:
            image: mysql:8.4
            volumes:
              - db-data:/var/lib/mysql

        volumes:
          db-data:
    Also good:
        services:
          db:
            image: postgres:16.4
            volumes: ["${DATA:-./data}:/var/lib/postgresql/data"]
          other:
            image: postgres:16.4
            environment:
              PGDATA: /data/pg
            volumes:
              - {type: volume, source: other, target: /data}
          fast:
            image: mysql:8.4
            tmpfs: /var/lib/mysql
          test-db:
            image: mongo:7.0
          tool:
            image: postgres:16.4
            profiles: [tools]
          cache:
            image: redis:7.4
        volumes:
          other:
    Also good (it comes from elsewhere):
        --- compose.yaml
        services:
          db:
            image: postgres:16.4
            volumes:
              - db:/var/lib/postgresql/data
        volumes:
          db:
        --- compose.prod.yaml
        services:
          db:
            image: postgres:16.4
            restart: always
        --- compose.logging.yaml
        services:
          collector:
            image: example.org/collector:1.4.2
          db:
            logging: {driver: fluentd}
    """
    place = data_place(service, facts)
    if place is None:
        return
    family, folder = place
    if misplaced_mount(service, family, folder, facts) is not None:
        return
    mounts = [mount for mount in service.mounts if holds(mount, folder)]
    if any(mount.kind != "anonymous" for mount in mounts) or holds_elsewhere(service, folder, facts):
        return
    anonymous = mounts[0] if mounts else None
    edits = _edits(service, folder, anonymous)
    yield Problem(
        at=anonymous.span if anonymous else service.name_span,
        message=f"The data of {code(service.name)} ends with its container: {code(folder)} is in no named volume",
        subject=service.name,
        why=f"{family.name} keeps its data in {code(folder)}. After `docker compose down` it starts with nothing.",
        advice=f"Mount a named volume at {code(folder)} and declare it in the top-level `volumes:`; a `tmpfs` there says "
        "that the data need not last.",
        edits=edits,
    )


def _edits(service: Service, folder: str, anonymous: Mount | None) -> list[Edit]:
    file = service.file
    volumes = service.get("volumes")
    name = f"{service.name}-data"
    declared = file.root.get("volumes")
    if declared is not None and declared.entry(name) is not None:
        return []
    if not _PLAIN.fullmatch(name) or not _PLAIN.fullmatch(folder):
        return []
    if file.is_shared(service.node.span) or (volumes is not None and file.is_shared(volumes.span)):
        return []
    try:
        if anonymous is not None:
            place = _name_of(anonymous, name, file)
        elif volumes is not None:
            place = file.append_item(volumes, f"{name}:{folder}")
        else:
            place = file.insert_key(service, f"volumes:\n  - {name}:{folder}\n")
        declaration = file.insert_into_section("volumes", f"{name}:\n")
    except ValueError:
        return []
    return [Edit(file.path, *place), Edit(file.path, *declaration)]


def _name_of(mount: Mount, name: str, file: ComposeFile) -> tuple[Span, str]:
    """Where the name of a volume goes in the short syntax of an anonymous one. Raises ValueError for the long one."""
    written = file.text[mount.span]
    quote = 1 if written.startswith(('"', "'")) else 0
    if not written[quote:].startswith("/"):
        raise ValueError("not the short syntax")
    start = mount.span.start + quote
    return Span(start, start), f"{name}:"
