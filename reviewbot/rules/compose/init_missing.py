"""Services whose first process is no init."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.probe import start_line
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import added_key
from reviewbot.rules.service_image import image_of
from reviewbot.rules.service_role import is_job, lacks
from reviewbot.source.compose import Service

_SPAWNS = re.compile(r"^(?:\S*/)?(?:npm|yarn|pnpm|npx|node|sh|bash|python3?|gunicorn|celery|ruby|bundle|php)\b")
_IS_INIT = re.compile(r"tini|dumb-init|s6-|/init\b|supervisord|catatonit|systemd|runit|exec ")


@rule(
    "init-missing",
    title="Give services that start processes an init",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    fixable=True,
)
def init_missing(service: Service, facts: Facts) -> Iterator[Problem]:
    """The first process of a container has two duties that usual programs do not know: to collect ended processes, and to
    pass the stop signal on. Without them zombies pile up, and every stop waits ten seconds and kills.

    `init: true` puts a small init in front. Fine without where the image brings one (tini, dumb-init, s6), or the
    program starts no others. Said of what is built here and started by a shell, npm or an interpreter.

    Bad:
        --- compose.yaml
        services:
          app:  # <- finding
            build: .
        --- Dockerfile
        FROM node:22.11-slim
        CMD ["npm", "start"]
    Good:
        --- compose.yaml
        services:
          app:
            build: .
            init: true
    Also good:
        --- compose.yaml
        services:
          app:
            build: .
          other:
            image: example.org/other:1.4.2
          go:
            build: {context: ., dockerfile: go.Dockerfile}
        --- Dockerfile
        FROM node:22.11-slim
        RUN apt-get update && apt-get install -y --no-install-recommends tini
        ENTRYPOINT ["tini", "--"]
        CMD ["npm", "start"]
        --- go.Dockerfile
        FROM scratch
        COPY app /app
        CMD ["/app"]
    """
    image = image_of(service, facts)
    if image.stage is None or not lacks(service, facts, "init") or is_job(service, facts):
        return
    started = start_line(facts.as_used(service), image)
    if not _SPAWNS.match(started) or _IS_INIT.search(started):
        return
    if image.dockerfile is not None and _IS_INIT.search(image.dockerfile.text.content.replace("exec ", "")):
        return
    yield Problem(
        at=service.name_span,
        message=f"The first process of {code(service.name)} collects no ended processes and passes no signals on",
        subject=service.name,
        why=f"It is {code(started[:60])}, and nothing stands in front of it.",
        advice="Add `init: true`.",
        edits=added_key(service, "init: true\n"),
    )
