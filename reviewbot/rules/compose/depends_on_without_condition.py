"""Services that start before what they need is ready."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.probe import has_healthcheck, suggested_probe
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import written
from reviewbot.rules.service_role import as_it_runs, elsewhere, is_job
from reviewbot.source.compose import ComposeFile, Node, Service
from reviewbot.source.text import Span
from reviewbot.source.yaml_insert import column_of


@rule(
    "depends-on-without-condition",
    title="Wait until a dependency is healthy",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    fixable=True,
    depends_on_facts=True,
)
def depends_on_without_condition(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """The short `depends_on` waits until the other container was started, not until its program answers. A database needs
    seconds for that; what starts in the meantime fails, or works only because it tries again.

    With `condition: service_healthy` Compose waits for the health check. Reported where the other service has one, or
    where `healthcheck-missing` has one to suggest: then that comes first. `condition: service_started` says that it is
    meant so, and a job that somebody waits for has `service_completed_successfully`.

    Bad:
        services:
          api:
            image: example.org/api:1.4.2
            depends_on:  # needs both
              - db  # <- finding
              # only to warm up
              - cache  # at first
          db:
            image: postgres:16.4
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U postgres"]
          cache:
            image: example.org/cache:1.4.2
    Good:
        services:
          api:
            image: example.org/api:1.4.2
            depends_on:  # needs both
              db:
                condition: service_healthy
              # only to warm up
              cache:  # at first
                condition: service_started
          db:
            image: postgres:16.4
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U postgres"]
          cache:
            image: example.org/cache:1.4.2
    Bad (the image checks itself):
        --- compose.yaml
        services:
          api:
            image: example.org/api:1.4.2
            depends_on: [vault]  # <- finding
          vault:
            image: example.org/vault:1.30.1
        --- image example.org/vault:1.30.1
        has_healthcheck: true
    Good:
        --- compose.yaml
        services:
          api:
            image: example.org/api:1.4.2
            depends_on: {vault: {condition: service_healthy}}
          vault:
            image: example.org/vault:1.30.1
    Bad (give it a health check first):
        services:
          api:
            image: example.org/api:1.4.2
            depends_on: [db]  # <- finding
          db:
            image: postgres:16.4
    Also good:
        services:
          api:
            image: example.org/api:1.4.2
            depends_on:
              db:
                condition: service_healthy
              cache:
                condition: service_started
          db:
            image: postgres:16.4
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U postgres"]
          cache:
            image: redis:7.4
          worker:
            image: example.org/api:1.4.2
            depends_on:
              - api
          job:
            image: example.org/api:1.4.2
            restart: "no"
          other:
            image: example.org/other:1.4.2
            depends_on: [job]
    """
    for service, entry in written(compose, "depends_on"):
        needed = {item.scalar: item for item in entry.value.elements() if item.scalar}
        healthy = {name for name in needed if _is_checked(compose, name, facts)}
        edits = _edits(compose, service, entry.value, healthy)
        for name, item in needed.items():
            other = compose.service(name)
            if other is None or is_job(other, facts):
                continue
            if name not in healthy and not _may_be_checked(other, facts):
                continue
            yield Problem(
                at=item.span,
                message=f"{code(service.name)} starts before {code(name)} is ready",
                subject=f"{service.name} {name}",
                why=f"`depends_on` in its short form waits until {code(name)} was started, not until it answers.",
                advice="Write it as a map with `condition: service_healthy`."
                if name in healthy
                else f"Give {code(name)} a health check, then write this as a map with `condition: service_healthy`.",
                edits=edits if name in healthy else [],
            )
            edits = edits if name not in healthy else []


def _may_be_checked(service: Service, facts: Facts) -> bool:
    """Whether there is a health check to suggest for it."""
    whole = as_it_runs(service, facts)
    return not service.file.is_partial and whole is not None and suggested_probe(whole, facts) is not None


def _is_checked(compose: ComposeFile, name: str, facts: Facts) -> bool:
    service = compose.service(name)
    if service is None or is_job(service, facts):
        return False
    return any(has_healthcheck(each, facts) for each in (service, *elsewhere(service, facts)))


def _edits(compose: ComposeFile, service: Service, node: Node, healthy: set[str]) -> list[Edit]:
    """The list as a map, each item's comment kept where it is."""
    names = [item.scalar or "" for item in node.elements()]
    is_plain = all(name.replace("-", "").replace("_", "").replace(".", "").isalnum() for name in names)
    if not healthy or not is_plain or len(set(names)) < len(names) or node.is_alias or compose.is_shared(node.span):
        return []
    if node.is_flow:
        if "\n" in compose.text[node.span] or node.anchor:
            return []
        inner = ", ".join(f"{name}: {{condition: {_condition(name, healthy)}}}" for name in names)
        return [Edit(compose.path, node.span, f"{{{inner}}}")]
    return _block_edits(compose, service, node, healthy)


def _block_edits(compose: ComposeFile, service: Service, node: Node, healthy: set[str]) -> list[Edit]:
    text, entry = compose.text, service.node.entry("depends_on")
    if entry is None or entry.merged:
        return []
    column = column_of(text, entry.key_span.start) + compose.indent
    edits = []
    for item in node.elements():
        line = text.line_of(item.span.start)
        start = text.line_span(line).start
        if text.content[start : item.span.start].strip() != "-" or item.is_alias or item.anchor:
            return []
        end = start + len(text.line_text(line))
        condition = f"condition: {_condition(item.scalar or '', healthy)}"
        edits.append(Edit(compose.path, Span(start, item.span.end), f"{' ' * column}{item.raw}:"))
        edits.append(Edit(compose.path, Span(end, end), f"{text.newline}{' ' * (column + compose.indent)}{condition}"))
    return edits


def _condition(name: str, healthy: set[str]) -> str:
    return "service_healthy" if name in healthy else "service_started"
