"""Services that stay down."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.purpose import is_for_production
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import added_key
from reviewbot.rules.service_role import is_for_tests, is_job, lacks, runs_something_else, sounds_like_a_job
from reviewbot.source.compose import Service


@rule(
    "restart-policy",
    title="Say what happens when a service ends",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.14", "2fc99041-ddad-49d5-853f-e35e70a48391"),
    fixable=True,
)
def restart_policy(service: Service, facts: Facts) -> Iterator[Problem]:
    """Without `restart:` a service that crashed stays down, also after the engine or the machine was restarted.
    `unless-stopped` brings it back; `on-failure:5` tries five times, so that one that never comes up does not spin.

    Fine for jobs that end, for tests, and for what is started by hand. In files for production the rule
    `production-restart-policy` speaks instead.

    Bad:
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
            ports: ["127.0.0.1:8080:8080"]
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            ports: ["127.0.0.1:8080:8080"]
            restart: unless-stopped
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            restart: on-failure:5
          migrate:
            image: example.org/app:1.4.2
          tool:
            image: example.org/app:1.4.2
            profiles: [tools]
    """
    if is_for_production(service) or not lacks(service, facts, "restart", "deploy.restart_policy", "provider"):
        return
    if is_for_tests(service) or is_job(service, facts) or sounds_like_a_job(service) or runs_something_else(service):
        return
    yield Problem(
        at=service.name_span,
        message=f"{code(service.name)} stays down after a crash",
        subject=service.name,
        why="It has no restart policy.",
        advice="Add `restart: unless-stopped`, or `restart: on-failure:5` for one that should give up.",
        edits=added_key(service, "restart: unless-stopped\n"),
    )
