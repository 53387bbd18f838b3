"""Logs that grow until the disk is full."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import added_key
from reviewbot.rules.service_role import is_job, lacks
from reviewbot.source.compose import Service

_OPTIONS = 'options:\n  max-size: 10m\n  max-file: "3"\n'


@rule(
    "unbounded-logs",
    title="Rotate the logs of long-running services",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    fixable=True,
)
def unbounded_logs(service: Service, facts: Facts) -> Iterator[Problem]:
    """The engine's usual log driver, `json-file`, keeps everything a container ever wrote, in one file that grows until
    the disk is full. Then databases stop as well.

    Fine where the engine is set up to rotate (`log-opts` in `daemon.json`), or another driver takes the logs away.

    Bad:
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
          other:
            image: example.org/other:1.4.2
            logging:  # <- finding
              driver: json-file
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            logging:
              driver: json-file
              options:
                max-size: 10m
                max-file: "3"
          other:
            image: example.org/other:1.4.2
            logging:
              driver: json-file
              options:
                max-size: 10m
                max-file: "3"
    Also good:
        x-logging: &logging
          options: {max-size: 5m}
        services:
          app:
            image: example.org/app:1.4.2
            logging: *logging
          other:
            image: example.org/other:1.4.2
            logging:
              driver: local
          job:
            image: example.org/other:1.4.2
            restart: "no"
    """
    entry = service.node.entry("logging")
    if entry is None:
        if lacks(service, facts, "logging") and not is_job(service, facts):
            block = "logging:\n  driver: json-file\n" + "".join(f"  {line}\n" for line in _OPTIONS.splitlines())
            yield _problem(service, added_key(service, block))
        return
    driver, options = service.get("logging", "driver"), service.get("logging", "options")
    is_json = driver is None or driver.scalar == "json-file"
    if is_json and options is None and entry.value.is_mapping and not entry.merged:
        yield _problem(service, _options(service))


def _problem(service: Service, edits: list[Edit]) -> Problem:
    entry = service.node.entry("logging")
    return Problem(
        at=entry.key_span if entry else service.name_span,
        message=f"The log of {code(service.name)} grows until the disk is full",
        subject=service.name,
        why="Nothing rotates it, unless the engine on every machine it runs on is set up to.",
        advice="Give `logging.options` a `max-size` and a `max-file`, or use the `local` driver.",
        edits=edits,
    )


def _options(service: Service) -> list[Edit]:
    node, file = service.get("logging"), service.file
    if node is None or file.is_shared(node.span):
        return []
    try:
        return [Edit(file.path, *file.insert_entry(node, _OPTIONS))]
    except ValueError:
        return []
