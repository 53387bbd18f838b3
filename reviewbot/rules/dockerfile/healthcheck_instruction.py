"""Images without a HEALTHCHECK."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "healthcheck-instruction",
    title="Say how to tell whether the service works",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    aliases=(
        "DL3057",
        "DS-0026",
        "CKV_DOCKER_2",
        "CIS-DI-0006",
        "CIS-4.6",
        "b03a748a-542d-44f4-bb86-9199ab4fd2d5",
    ),
    set=RuleSet.STRICT,
)
def healthcheck_instruction(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Docker and Compose see that a process runs, not that it answers. With a `HEALTHCHECK` in the image, whoever starts it
    can wait for it, and Swarm replaces it when it hangs.

    Fine for jobs, command-line tools and images to build on; Kubernetes does not read it and has its own probes; a
    Compose file may have a health check of its own.

    Bad:
        FROM debian:12.5-slim
        EXPOSE 80
        CMD ["serve"]  # <- finding
    Good:
        FROM debian:12.5-slim
        EXPOSE 80
        HEALTHCHECK CMD curl -f http://localhost/ || exit 1
        CMD ["serve"]
    Also good (it listens to nothing: a job or a tool):
        FROM debian:12.5-slim
        ENTRYPOINT ["convert"]
    Also good (inherited):
        --- Dockerfile
        FROM example.org/base:1.2
        EXPOSE 80
        CMD ["serve"]
        --- image example.org/base:1.2
        has_healthcheck: true
    Also good (the built image has one, or a stage before):
        --- Dockerfile
        FROM debian:12.5-slim AS base
        HEALTHCHECK CMD probe
        FROM base
        EXPOSE 80
        CMD ["serve"]
    Also good (Compose looks after it):
        --- Dockerfile
        FROM debian:12.5-slim
        EXPOSE 80
        CMD ["serve"]
        --- compose.yaml
        services:
          app:
            build: .
            healthcheck:
              test: ["CMD", "probe"]
    """
    stage = dockerfile.final_stage
    start = stage.last("CMD", "ENTRYPOINT")
    if start is None or stage.last("EXPOSE") is None or stage.last("HEALTHCHECK") is not None:
        return
    base, built = facts.base_config(dockerfile, stage), facts.built.get(dockerfile.path)
    if (base and base.has_healthcheck) or (built and built.has_healthcheck):
        return
    services = [service for compose in facts.compose_files.values() for service in compose.services]
    if any(service.get("build") and service.get("healthcheck") for service in services):
        return
    yield Problem(
        at=start.span,
        message="Nothing says how to tell whether this service works",
        subject=stage.label,
        why="It listens on a port, and the image has no `HEALTHCHECK`.",
        advice="Add a `HEALTHCHECK` with a tool that the image has.",
    )
