"""Databases whose data goes with the container."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.known_images import Family, family_of, major_version
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_role import elsewhere, is_for_tests, is_job, runs_something_else, sounds_like_a_job
from reviewbot.source.compose import ComposeFile, Mount, Service
from reviewbot.source.text import Span

_MOVED = {
    "/var/lib/postgresql": "/var/lib/postgresql/data",
    "/var/lib/postgresql/data": "/var/lib/postgresql",
}
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
    """
    family, reference = family_of(service.image_reference), service.image_reference
    if family is None or reference is None or service.file.is_partial or service.inherits or service.is_built:
        return
    folder = family.data(service, reference)
    if folder is None or service.get("volumes_from") or is_for_tests(service) or is_job(service, facts):
        return
    if sounds_like_a_job(service) or runs_something_else(service):
        return
    misplaced = _misplaced(service, folder)
    if misplaced is not None:
        yield _misplacement(service, family, folder, misplaced)
        return
    mounts = [mount for mount in service.mounts if _holds(mount, folder)]
    if any(mount.kind != "anonymous" for mount in mounts) or _holds_elsewhere(service, folder, facts):
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


def _misplaced(service: Service, folder: str) -> Mount | None:
    """A volume at the folder of PostgreSQL's data in other versions.

    Before 18 the image declares a volume of its own at the inner folder, which hides what is mounted at the outer one.
    """
    image = service.image_reference
    other = _MOVED.get(folder)
    if other is None or service.variable("PGDATA") or image is None or major_version(image) is None:
        return None
    targets = {posixpath.normpath(mount.target): mount for mount in service.mounts if mount.target}
    return None if folder in targets else targets.get(other)


def _misplacement(service: Service, family: Family, folder: str, mount: Mount) -> Problem:
    written = service.file.text[mount.span]
    start = written.rfind(mount.target)
    edits = []
    if start >= 0 and written.count(mount.target) == 1 and not service.file.is_shared(mount.span):
        place = Span(mount.span.start + start, mount.span.start + start + len(mount.target))
        edits.append(Edit(service.file.path, place, folder))
    return Problem(
        at=mount.span,
        message=f"{code(service.name)} has a volume where its data is not: this version keeps it in {code(folder)}",
        subject=service.name,
        why=f"{family.name} 18 moved its data from `/var/lib/postgresql/data` to a folder of each version below "
        "`/var/lib/postgresql`. Mounted at the other place, the volume stays empty or the server does not start.",
        advice=f"Mount it at {code(folder)}. Data of another major version has to be moved with `pg_upgrade` or a dump.",
        edits=edits,
    )


def _holds(mount: Mount, folder: str) -> bool:
    """Whether a folder of the container lies in a mount; one whose target is not known may hold it."""
    target = posixpath.normpath(mount.target or "/")
    return (
        "$" in mount.target
        or target == _MOVED.get(folder)
        or folder == target
        or folder.startswith(target.rstrip("/") + "/")
    )


def _holds_elsewhere(service: Service, folder: str, facts: Facts) -> bool:
    return any(_holds(mount, folder) for other in elsewhere(service, facts) for mount in other.mounts)


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
