"""Services that start before what they need is ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code, listed
from reviewbot.rules.known_images import family_of
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
    Bad (give them health checks first; all of a list are told together):
        services:
          api:
            image: example.org/api:1.4.2
            depends_on:
              - db  # <- finding
              - cache
          db:
            image: postgres:16.4
          cache:
            image: redis:7.4
    Bad (one of them has none yet; written now, it would stay unwaited-for):
        services:
          api:
            image: example.org/api:1.4.2
            depends_on:
              - db  # <- finding
              - cache
          db:
            image: postgres:16.4
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U postgres"]
          cache:
            image: redis:7.4
    Bad (what an override file depends on):
        --- compose.yaml
        services:
          db:
            image: postgres:16.4
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U postgres"]
        --- compose.override.yaml
        services:
          tool:
            image: example.org/tool:1.4.2
            depends_on: [db]  # <- finding
    Good:
        --- compose.override.yaml
        services:
          tool:
            image: example.org/tool:1.4.2
            depends_on: {db: {condition: service_healthy}}
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
        items = {item.scalar: item for item in entry.value.elements() if item.scalar}
        waited = {name: item for name, item in items.items() if not _ends(compose, name, facts)}
        healthy = {name for name in waited if _is_checked(compose, name, facts)}
        unready = [name for name in waited if name in healthy or _may_be_checked(compose, name, facts)]
        if unready:
            unready = [name for name in waited if name in unready or _should_be_checked(compose, name, facts)]
            unchecked = [name for name in unready if name not in healthy]
            # Written while one of them still lacks its check, "was started" would hide for good that it is not waited for.
            edits = [] if unchecked else _edits(compose, service, entry.value, healthy)
            yield _problem(service, unready, unchecked, items[unready[0]].span, edits)


def _problem(
    service: Service, names: Sequence[str], unchecked: Sequence[str], at: Span, edits: Sequence[Edit]
) -> Problem:
    """One for the whole list: which of them have a health check by now changes nothing in what it is about."""
    them, are = listed(names), "is" if len(names) == 1 else "are"
    wait = "write this as a map with `condition: service_healthy`"
    return Problem(
        at=at,
        message=f"{code(service.name)} starts before {them} {are} ready",
        subject=service.name,
        why=f"`depends_on` in its short form waits until {them} {'was' if are == 'is' else 'were'} started, not until "
        f"{'it answers' if are == 'is' else 'they answer'}.",
        advice=f"Give {listed(unchecked)} a health check, and {wait}."
        if unchecked
        else f"{wait[0].upper()}{wait[1:]}.",
        edits=edits,
    )


def _named(compose: ComposeFile, name: str, facts: Facts) -> Service | None:
    """A service of this file, or of others that it is used with."""
    own = compose.service(name)
    if own is not None:
        return own
    for project in facts.projects_of(compose.path):
        entry = project.section("services").get(name)
        if entry is not None and entry.value.is_mapping:
            return Service(name, entry.key_span, entry.value, compose, project.folder)
    return None


def _ends(compose: ComposeFile, name: str, facts: Facts) -> bool:
    """Whether nobody waits for it to be healthy: it is not there, or its work has an end."""
    service = _named(compose, name, facts)
    return service is None or is_job(service, facts)


def _may_be_checked(compose: ComposeFile, name: str, facts: Facts) -> bool:
    """Whether there is a health check to suggest for it, in this file."""
    service = compose.service(name)
    whole = as_it_runs(service, facts) if service is not None and not compose.is_partial else None
    return whole is not None and suggested_probe(whole, facts) is not None


def _should_be_checked(compose: ComposeFile, name: str, facts: Facts) -> bool:
    """Whether it is known to take a while, though nothing can be suggested: a Redis whose password is out of sight."""
    service = compose.service(name)
    whole = as_it_runs(service, facts) if service is not None and not compose.is_partial else None
    return whole is not None and not whole.is_built and family_of(whole.image_reference) is not None


def _is_checked(compose: ComposeFile, name: str, facts: Facts) -> bool:
    service = _named(compose, name, facts)
    return service is not None and any(has_healthcheck(each, facts) for each in (service, *elsewhere(service, facts)))


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
