"""Services that nobody asks whether they work."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Severity
from reviewbot.markdown import code, listed
from reviewbot.rules.image_tools import tools_of
from reviewbot.rules.known_images import Family
from reviewbot.rules.probe import served_port, suggested_probe
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import added_key
from reviewbot.rules.service_image import ServiceImage
from reviewbot.rules.service_role import depended_on
from reviewbot.rules.unasked_service import unasked_service
from reviewbot.source.compose import ComposeFile, Service


@rule(
    "healthcheck-missing",
    title="Give long-running services a health check",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    aliases=("CIS-5.26", "CIS-5.27", "698ed579-b239-4f8f-a388-baa4bcb13ef8"),
    fixable=True,
    depends_on_facts=True,
)
def healthcheck_missing(subject: ComposeFile | Service, facts: Facts) -> Iterator[Problem]:
    """Without a health check Docker only knows whether the process exists. A database that is still starting, or
    that hangs, counts as running; `depends_on` cannot wait for it, and nothing shows that it needs a restart.

    Fine for jobs that end, for services in a profile, and where the image brings a `HEALTHCHECK` of its own.
    For well-known images the suggestion is the probe that the image ships, on the port and with the user that are set.
    For one that is built here it opens a connection to the port that its Dockerfile exposes, with a program that the
    image has; what its users ask, only you know.

    Bad:
        services:
          db:  # <- finding
            image: postgres:16.4
            environment:
              POSTGRES_USER: app
              POSTGRES_PASSWORD: ${DB_PASSWORD:?}

          # everybody's cache
          cache:  # <- finding
            image: redis:7.4
            command: redis-server --port 6380
    Good:
        services:
          db:
            image: postgres:16.4
            environment:
              POSTGRES_USER: app
              POSTGRES_PASSWORD: ${DB_PASSWORD:?}
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U $$POSTGRES_USER"]
              interval: 10s
              timeout: 5s
              retries: 3
              start_period: 30s

          # everybody's cache
          cache:
            image: redis:7.4
            command: redis-server --port 6380
            healthcheck:
              test: ["CMD", "redis-cli", "-p", "6380", "ping"]
              interval: 10s
              timeout: 5s
              retries: 3
              start_period: 5s
    Bad (an image of your own, of which it is known that it has none):
        --- compose.yaml
        services:
          api:  # <- finding
            build: ./api
        --- api/Dockerfile
        FROM debian:12.5-slim
        EXPOSE 8080
        CMD ["/serve"]
    Good:
        --- compose.yaml
        services:
          api:
            build: ./api
            healthcheck:
              test: ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080"]
              interval: 10s
              timeout: 5s
              retries: 3
              start_period: 20s
    Bad (the framework says the port, the base what there is to ask with):
        --- compose.yaml
        services:
          api:  # <- finding
            build: .
            command: uvicorn app:app --host 0.0.0.0 --port 9000
            ports: ["127.0.0.1:80:9000"]
        --- Dockerfile
        FROM python:3.12.7-slim
        CMD ["python", "-m", "app"]
    Good:
        --- compose.yaml
        services:
          api:
            build: .
            command: uvicorn app:app --host 0.0.0.0 --port 9000
            ports: ["127.0.0.1:80:9000"]
            healthcheck:
              test: ["CMD", "python", "-c", "import socket; socket.create_connection(('127.0.0.1', 9000), 3)"]
              interval: 10s
              timeout: 5s
              retries: 3
              start_period: 20s
    Bad (the built image was looked at):
        --- compose.yaml
        services:
          api:  # <- finding
            build: .
            expose: ["3000"]
        --- Dockerfile
        FROM example.org/base:2.1.0
        EXPOSE 3000
        CMD ["serve"]
        --- built Dockerfile
        programs: [sh, nc]
    Good:
        --- compose.yaml
        services:
          api:
            build: .
            expose: ["3000"]
            healthcheck:
              test: ["CMD", "nc", "-z", "127.0.0.1", "3000"]
              interval: 10s
              timeout: 5s
              retries: 3
              start_period: 20s
    Bad (somebody waits for what will never come):
        services:
          queue:  # <- finding
            image: rabbitmq:3.13.7
          worker:
            image: example.org/worker:1.4.2
            restart: on-failure
            depends_on:
              queue:
                condition: service_healthy
    Good:
        services:
          queue:
            image: rabbitmq:3.13.7
            healthcheck:
              test: ["CMD", "rabbitmq-diagnostics", "-q", "ping"]
              interval: 30s
              timeout: 10s
              retries: 3
              start_period: 60s
          worker:
            image: example.org/worker:1.4.2
            restart: on-failure
            depends_on:
              queue:
                condition: service_healthy
    Bad (it is not started anew, and yet no job: others need it):
        services:
          db:  # <- finding
            image: postgres:16.4
            restart: "no"
            environment: {POSTGRES_PASSWORD: "${DB_PASSWORD:?}"}
          api:
            image: example.org/api:1.4.2
            restart: "no"
            depends_on: [db]
    Good:
        services:
          db:
            image: postgres:16.4
            restart: "no"
            environment: {POSTGRES_PASSWORD: "${DB_PASSWORD:?}"}
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U postgres"]
              interval: 10s
              timeout: 5s
              retries: 3
              start_period: 30s
          api:
            image: example.org/api:1.4.2
            restart: "no"
            depends_on: [db]
    Bad (images that may check themselves, or not: one word for all of them):
        services:
          api:  # <- finding
            image: example.org/api:1.4.2
            depends_on: [store]
          store:
            image: example.org/store:1.4.2
          web:
            image: example.org/web:1.4.2
            depends_on: [api]
    Also good (the image, or what it is built from, checks itself):
        --- compose.yaml
        services:
          api:
            build: .
          vault:
            image: example.org/vault:1.30.1
          known:
            image: ghcr.io/immich-app/postgres:16-vectorchord0.4.3
          worker:
            image: example.org/worker:1.4.2
            restart: on-failure
            depends_on:
              known: {condition: service_healthy}
        --- Dockerfile
        FROM debian:12.5-slim
        HEALTHCHECK CMD ["/serve", "--check"]
        CMD ["/serve"]
        --- image example.org/vault:1.30.1
        has_healthcheck: true
    Also good (it answers nobody):
        --- compose.yaml
        services:
          worker:
            build: .
        --- Dockerfile
        FROM python:3.12.7-slim
        CMD ["celery", "-A", "app", "worker"]
    Also good (jobs, and what is started by hand):
        services:
          migrate:
            image: example.org/app:2.0.1
            command: migrate
          prepare:
            image: example.org/app:2.0.1
          admin:
            image: mysql:8.4
            profiles: [tools]
          nightly:
            image: postgres:16.4
            restart: "no"
          api:
            image: example.org/app:2.0.1
            healthcheck:
              test: ["CMD", "/app", "check"]
            depends_on:
              prepare:
                condition: service_completed_successfully
    Also good (it comes from elsewhere):
        --- compose.yaml
        x-checked: &checked
          healthcheck:
            test: ["CMD", "pg_isready"]
        services:
          db:
            <<: *checked
            image: postgres:16.4
          replica:
            extends: db
            image: postgres:16.4
          other:
            extends: {file: common.yaml, service: other}
          third:
            extends: {file: elsewhere.yaml, service: third}
            image: postgres:16.4
        --- common.yaml
        services:
          other:
            image: postgres:16.4
            healthcheck:
              test: ["CMD", "pg_isready"]
        --- compose.prod.yaml
        services:
          db:
            image: postgres:16.4
            restart: always
        --- compose.override.yaml
        services:
          cache:
            image: redis:7.4
    """
    if isinstance(subject, ComposeFile):
        yield from _of_unknown_images(subject, facts)
        return
    unasked = unasked_service(subject, facts)
    if unasked is None or not unasked.is_known:
        return
    whole, image, family = unasked.whole, unasked.image, unasked.family
    probe = suggested_probe(whole, facts)
    is_minor = family is None and not unasked.is_awaited and not _is_depended_on(subject)
    yield Problem(
        at=subject.name_span,
        message=f"Nothing tells whether {code(subject.name)} works: it has no health check",
        subject=subject.name,
        why=_why(family, unasked.is_awaited),
        advice=_advice(family, whole, image),
        evidence=f"the image {code(str(image.reference))} has no `HEALTHCHECK`"
        if image.has_healthcheck is False and image.stage is None
        else None,
        edits=added_key(subject, probe.block) if probe else [],
        severity=Severity.INFO if is_minor else None,
    )


def _of_unknown_images(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """One word on all services of a file that others depend on, and whose images may or may not check themselves."""
    needed = depended_on(compose)
    services = [service for service in compose.services if service.name in needed]
    found = [
        each
        for each in services
        if (known := unasked_service(each, facts)) and not known.is_known and known.image.reference
    ]
    if not found:
        return
    names = [service.name for service in found]
    unless = "works, unless its image brings a health check" if len(names) == 1 else "work, unless their images do"
    yield Problem(
        at=found[0].name_span,
        message=f"Nothing tells whether {listed(names)} {unless}",
        subject=found[0].name,
        why="Others depend on it. Docker sees that a process exists, not that it answers, and `depends_on` cannot wait for "
        "that.",
        advice="Give each a `healthcheck:` whose `test` asks what its users ask, with a program that its image has.",
        severity=Severity.INFO,
        confidence=Confidence.LOW,
    )


def _is_depended_on(service: Service) -> bool:
    return service.name in depended_on(service.file)


def _why(family: Family | None, is_awaited: bool) -> str:
    if is_awaited:
        return "Another service waits for it with `condition: service_healthy`. Without a health check Compose refuses."
    if family and family.starts_slowly:
        return f"{family.name} takes a while to start. Until it answers, whatever depends on it fails."
    return "Docker sees that its process exists, not that it answers; `depends_on` cannot wait for it."


def _advice(family: Family | None, service: Service, image: ServiceImage) -> str:
    if family:
        return (
            f"Add a `healthcheck:` that asks {family.name} on the port and with the credentials that are set for it, "
            "with `interval`, `timeout`, `retries: 3` and `start_period`."
        )
    tools = tools_of(image)
    programs = [code(name) for name in ("curl", "wget", "python", "python3", "node", "nc") if tools.has(name)]
    with_what = f" It has {', '.join(programs)}." if programs else ""
    missing = [code(name) for name in ("curl", "wget") if tools.has(name) is False]
    without = f" It has no {' and no '.join(missing)}." if missing else ""
    port = served_port(service, image) if image.stage else None
    where = f"port {port}" if port else "the port within the container"
    return (
        f"Add a `healthcheck:` whose `test` asks the service what its users ask, on {where}, with a program that the "
        f"image has.{with_what}{without} Give it `interval`, `timeout`, `retries: 3` and a `start_period` as long as it "
        "takes to start."
    )
