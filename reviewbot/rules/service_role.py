"""What a Compose service is there for, and what other places say of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.rules.known_images import family_of
from reviewbot.source.compose import ComposeFile, Service

_TEST_WORDS = frozenset(
    ("test", "tests", "testing", "ci", "e2e", "integration", "fixture", "fixtures", "testdata", "playwright", "cypress")
)
_JOB_WORDS = frozenset(
    "migrate migrator migration migrations init initdb seed seeder setup bootstrap lint cli job jobs certbot backup "  # noqa: SIM905
    "backups cron builder build shell console generate createbuckets installer install provision provisioner once "
    "loader tools toolbox".split()
)
_JOB_ENDINGS = ("setup", "migrate", "migrations", "init", "seed", "bootstrap")
_CLIENTS = frozenset(
    "sh bash ash sleep tail cat echo true exit psql pg_dump pg_restore createdb mysql mysqldump mariadb mariadb-dump "  # noqa: SIM905
    "mongo mongosh mongodump mongoimport mongorestore redis-cli valkey-cli mc curl wget python node".split()
)
_TOOL_IMAGES = frozenset(
    "alpine busybox debian ubuntu bash hello-world docker node python golang ruby php maven gradle rust openjdk "  # noqa: SIM905
    "eclipse-temurin composer minio/mc quay.io/minio/mc curlimages/curl flyway/flyway migrate/migrate "
    "liquibase/liquibase certbot/certbot amazon/aws-cli postman/newman grafana/k6 jwilder/dockerize".split()
)
"""Images that are run for one command, or that hold whatever somebody runs in them."""


def is_for_tests(service: Service) -> bool:
    """Whether a service, its profiles or its file say that it only serves tests."""
    words = {*_words(service.name), *_words(service.file.path)}
    return bool(_TEST_WORDS & words.union(*(_words(profile) for profile in service.profiles)))


def is_only_for_tests(file: ComposeFile) -> bool:
    """Whether a file's name or folder says that it only serves tests."""
    return bool(_TEST_WORDS & _words(file.path))


def is_job(service: Service, facts: Facts) -> bool:
    """Whether a service does its work and ends, or is only started by hand: nobody waits for it to be healthy.

    So says a restart policy that lets it end, somebody who waits for its end, a profile, or its name. A database that others
    need to be there is none, whatever its restart policy: nobody could use it after its end.
    """
    service = facts.as_used(service)
    restart = service.get("restart")
    policy = (restart.scalar or "") if restart else ""
    condition = service.get("deploy", "restart_policy", "condition")
    may_end = policy in ("no", "false") or policy.startswith("on-failure")
    may_end = may_end and not _serves_others(service, facts)
    if may_end or (condition is not None and condition.scalar == "none") or service.profiles:
        return True
    if "service_completed_successfully" in awaited_as(service, facts):
        return True
    reference = service.image_reference
    is_tool = not service.is_built and reference is not None and reference.familiar_name in _TOOL_IMAGES
    replicas = service.get("deploy", "replicas") or service.get("scale")
    return is_tool or (replicas is not None and replicas.value == 0)


def _serves_others(service: Service, facts: Facts) -> bool:
    """Whether it runs a known server, as that is made to run, and others of its project start after it."""
    if family_of(service.image_reference) is None or service.is_built or runs_something_else(service):
        return False
    files = (service.file, *neighbours(service.file, facts))
    return not sounds_like_a_job(service) and any(service.name in depended_on(file) for file in files)


def sounds_like_a_job(service: Service) -> bool:
    """Whether its name is that of work with an end: ``db-migrate``, ``init``, ``mongosetup``."""
    return bool(_JOB_WORDS.intersection(_words(service.name))) or service.name.lower().endswith(_JOB_ENDINGS)


def runs_something_else(service: Service) -> bool:
    """Whether it starts another program than its image is made for: a shell, a client, a script."""
    command = service.command.split(maxsplit=1)
    program = posixpath.basename(command[0].strip("\"'")) if command else ""
    return bool(service.get("entrypoint")) or program in _CLIENTS or program.endswith((".sh", ".py"))


def awaited_as(service: Service, facts: Facts) -> set[str]:
    """The conditions under which other services of its project wait for it in ``depends_on``."""
    files = (service.file, *neighbours(service.file, facts))
    return {condition for file in files for condition in file.awaited.get(service.name, ())}


@lru_cache(maxsize=256)
def depended_on(file: ComposeFile) -> frozenset[str]:
    """The services that the ``depends_on`` of others names."""
    nodes = [node for service in file.services if (node := service.get("depends_on"))]
    names = {item.scalar for node in nodes for item in node.elements() if item.scalar}
    return frozenset(names | {name for node in nodes for name, _ in node.items()})


def elsewhere(service: Service, facts: Facts) -> Iterator[Service]:
    """The same service in the other Compose files of its folder, one of which may be laid over the other, and what
    files that are certain to be used with it add to it."""
    for file in neighbours(service.file, facts):
        other = file.service(service.name)
        if other is not None:
            yield other
    for variant in facts.variants(service):
        added = {key: entry for key, entry in variant.node.items() if service.node.entry(key) is None}
        if added:
            yield replace(variant, node=replace(variant.node, value=added))


def lacks(service: Service, facts: Facts, *paths: str) -> bool:
    """Whether it is certain that none of these is set: not here, not in what it extends, not in a file laid over it.

    A path is a key, or keys with dots between: ``deploy.resources.limits.memory``.
    """
    variants = whole(service, facts)
    candidates = (service, *variants, *elsewhere(service, facts))
    return bool(variants) and not any(each.get(*path.split(".")) for each in candidates for path in paths)


def whole(service: Service, facts: Facts) -> tuple[Service, ...]:
    """The service with all that has a say in it, for each project it is a part of; empty where that is not known.

    Empty too for one that is only laid over another: what the other lacks is said where it stands.
    """
    lies_over = service.inherits and service.node.entry("extends") is None
    variants = () if service.file.is_partial or lies_over else facts.variants(service)
    begins_elsewhere = any(variant.inherits or variant.node.path != service.file.path for variant in variants)
    return () if begins_elsewhere else variants


def as_it_runs(service: Service, facts: Facts) -> Service | None:
    """A service with all that has a say in it, for one that says what it runs; as its file writes it where the rest is
    not known. None for one that takes from elsewhere what is not known, and for one that does not run by itself: what
    it lacks is said of those that extend it."""
    known = next(iter(whole(service, facts)), None)
    if known is not None:
        return known
    return None if service.inherits or facts.is_only_extended(service) else service


def neighbours(file: ComposeFile, facts: Facts) -> Iterator[ComposeFile]:
    """The other Compose files of a file's folder."""
    for other in facts.compose_files_in(posixpath.dirname(file.path)):
        if other.path != file.path:
            yield other


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", name.lower()))
