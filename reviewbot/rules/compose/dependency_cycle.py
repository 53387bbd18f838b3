"""Services that wait for each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.compose_project_rules import Placed, agreed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_project.project import Project
from reviewbot.source.compose_project.references import Reference, references_of

_MOST_NAMED = 6


@rule(
    "dependency-cycle",
    title="Let no service wait for itself",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
)
def dependency_cycle(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Two services that wait for each other, over `depends_on`, `links`, `volumes_from` or a shared namespace, could
    never start: Compose refuses the whole project.

    Decide who starts first. The other one has to bear that its peer is not there yet, and try again.

    Bad:
        services:
          web:
            image: nginx:1.27.3
            depends_on: [api]  # <- finding
          api:
            image: example.org/api:1.4.2
            depends_on:
              worker:
                condition: service_started
          worker:
            image: example.org/worker:1.4.2
            network_mode: "service:web"
    Bad:
        services:
          web:
            image: nginx:1.27.3
            depends_on: [web]  # <- finding
    Good:
        services:
          web:
            image: nginx:1.27.3
            depends_on: [api, worker]
          api:
            image: example.org/api:1.4.2
            depends_on: [worker]
          worker:
            image: example.org/worker:1.4.2
    """

    def find(project: Project) -> Iterator[Placed]:
        waits = {
            service: [asked for asked in references_of(service, node) if asked.section == "services" and asked.waits]
            for service, node in project.services()
        }
        for cycle in _cycles(waits):
            first = cycle[0]
            names = [asked.service for asked in cycle]
            chain = " → ".join(
                code(name) for name in [*names[:_MOST_NAMED], *(["…"] if len(names) > _MOST_NAMED else [])]
            )
            problem = Problem(
                at=first.span,
                message=f"{code(first.service)} waits for itself: {chain} → {code(first.service)}",
                subject=" ".join(sorted(names)),
                why="None of them could ever start; Compose refuses the whole project.",
                advice="Take out the dependency of the one that can try again until the other is there.",
            )
            yield Placed(first.path, problem)

    yield from agreed(compose, facts, find)


def _cycles(waits: Mapping[str, Sequence[Reference]]) -> Iterator[list[Reference]]:
    """One cycle of each group of services that wait for each other, as the references that make it.

    Other cycles behind that one are told when it is mended.
    """
    done: set[str] = set()
    for start in waits:
        trail: list[Reference] = []
        position: dict[str, int] = {}
        pending = [(start, iter(waits[start]))] if start not in done else []
        if pending:
            position[start] = 0
        while pending:
            service, rest = pending[-1]
            asked = next(rest, None)
            if asked is None:
                done.add(service)
                position.pop(service)
                pending.pop()
                if trail:
                    trail.pop()
            elif asked.name in position:
                yield [*trail[position[asked.name] :], asked]
                done |= _behind(asked.name, waits)
                break
            elif asked.name in waits and asked.name not in done:
                trail.append(asked)
                position[asked.name] = len(trail)
                pending.append((asked.name, iter(waits[asked.name])))


def _behind(start: str, waits: Mapping[str, Sequence[Reference]]) -> set[str]:
    """All services that one waits for, directly or not."""
    found = {start}
    pending = [start]
    while pending:
        for asked in waits.get(pending.pop(), ()):
            if asked.name not in found:
                found.add(asked.name)
                pending.append(asked.name)
    return found
