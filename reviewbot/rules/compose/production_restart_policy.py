"""Services of production that stay down."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.purpose import is_for_production
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import added_key
from reviewbot.rules.service_role import is_job, lacks, runs_something_else, sounds_like_a_job
from reviewbot.source.compose import Service


@rule(
    "production-restart-policy",
    title="Restart what runs in production",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    fixable=True,
)
def production_restart_policy(service: Service, facts: Facts) -> Iterator[Problem]:
    """A service without a restart policy stays down after it crashed, and after the machine was restarted, until somebody
    notices. Only files that say that they are for production are judged; `restart-policy` asks it of every file.

    Fine for jobs that end, and for what is started by hand.

    Bad:
        --- compose.prod.yaml
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
    Good:
        --- compose.prod.yaml
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
            restart: unless-stopped
    Also good:
        --- compose.prod.yaml
        services:
          app:
            image: example.org/app:1.4.2
            restart: always
          migrate:
            image: example.org/app:1.4.2
            command: migrate
          other:
            image: example.org/other:1.4.2
            deploy:
              restart_policy: {condition: any}
    Also good (not for production):
        services:
          app:
            image: example.org/app:1.4.2
    """
    if not is_for_production(service) or not lacks(service, facts, "restart", "deploy.restart_policy", "provider"):
        return
    if service.get("deploy", "replicas") or is_job(service, facts) or sounds_like_a_job(service):
        return
    if runs_something_else(service):
        return
    yield Problem(
        at=service.name_span,
        message=f"{code(service.name)} stays down after a crash or a restart of the machine",
        subject=service.name,
        why="The file is for production, and this service has no restart policy.",
        advice="Add `restart: unless-stopped`.",
        edits=added_key(service, "restart: unless-stopped\n"),
    )
