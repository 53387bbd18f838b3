"""Health checks that were switched off."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.known_images import checks_itself
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_key, written
from reviewbot.rules.service_image import image_of
from reviewbot.rules.service_role import awaited_as, is_for_tests, is_job, runs_something_else, sounds_like_a_job
from reviewbot.source.compose import ComposeFile, Node


@rule(
    "healthcheck-disabled",
    title="Leave health checks on",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    aliases=("CIS-5.27",),
    fixable=True,
    depends_on_facts=True,
)
def healthcheck_disabled(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`disable: true` and `test: ["NONE"]` switch off the check that the image brings: nobody is told any more when the
    program hangs, and `depends_on` cannot wait for it.

    When the image's check is wrong here (another port, another user), write the right one. Fine for jobs that end and
    for tests.

    Bad:
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:  # <- finding
              disable: true
            restart: always
        --- image example.org/app:1.4.2
        has_healthcheck: true
    Good:
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            restart: always
    Bad (what the image brings is not known):
        services:
          other:
            image: example.org/other:1.4.2
            healthcheck:  # <- finding
              test: ["NONE"]
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app", "check"]
              disable: false
          migrate:
            image: example.org/app:1.4.2
            restart: "no"
            healthcheck:
              disable: true
          other:
            image: example.org/app:1.4.2
            command: bash -c /start.sh
            healthcheck:
              disable: true
    """
    for service, entry in written(compose, "healthcheck"):
        if not _is_off(entry.value) or is_job(service, facts) or is_for_tests(service):
            continue
        if sounds_like_a_job(service) or runs_something_else(service):
            continue
        image = image_of(service, facts)
        if image.has_healthcheck is False:
            continue
        is_awaited = "service_healthy" in awaited_as(service, facts)
        checks = bool(image.has_healthcheck) or checks_itself(image.reference)
        yield Problem(
            at=entry.key_span,
            message=f"The health check of {code(service.name)} is switched off",
            subject=service.name,
            why="Another service waits for it to be healthy, which it never will be."
            if is_awaited
            else "When it hangs, nobody is told, and what depends on it cannot wait for it.",
            advice="Drop the lines so that the image's own check counts, or write one that is right for this service.",
            severity=Severity.ERROR if is_awaited else None,
            edits=removed_key(service, "healthcheck") if checks else [],
        )


def _is_off(healthcheck: Node) -> bool:
    disable, test = healthcheck.get("disable"), healthcheck.get("test")
    is_none = test is not None and [item.scalar for item in test.elements()] == ["NONE"]
    return is_none or (disable is not None and disable.value is True)
