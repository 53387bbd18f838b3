"""Networks, volumes, secrets and configs that nobody declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.compose_project_rules import Placed, agreed
from reviewbot.rules.near_names import defined_nearby, nearest_name, renamed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_project.project import Project
from reviewbot.source.compose_project.references import Reference, references_of

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_WORDS = {"networks": "network", "volumes": "volume", "secrets": "secret", "configs": "config", "models": "model"}
_EMPTY_IS_ENOUGH = frozenset(("networks", "volumes"))


@rule(
    "undefined-resource",
    title="Declare networks, volumes, secrets and configs",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def undefined_resource(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A service uses a named volume, a network, a secret or a config that no top-level section declares: Compose refuses
    the whole project. A folder of the host begins with `./`: without it, it is the name of a volume.

    Override files, what is included and what is extended are looked at as Compose does. Fine where another Compose file
    of the folder declares it: the two may be used together.

    Bad:
        services:
          web:
            image: nginx:1.27.3
            networks: [front]  # <- finding
            volumes:
              - web-data:/data  # <- finding
    Good:
        services:
          web:
            image: nginx:1.27.3
            networks: [front]
            volumes:
              - web-data:/data

        networks:
          front:

        volumes:
          web-data:
    Bad (a slip of the pen):
        services:
          web:
            image: nginx:1.27.3
            volumes:
              - web-dta:/data  # <- finding
        volumes:
          web-data:
    Good:
        services:
          web:
            image: nginx:1.27.3
            volumes:
              - web-data:/data
        volumes:
          web-data:
    Bad (what is in it nobody else can say):
        services:
          web:
            image: nginx:1.27.3
            secrets: [password]  # <- finding
            configs:
              - source: settings  # <- finding
                target: /etc/settings
    Also good:
        --- compose.yaml
        services:
          web:
            image: nginx:1.27.3
            networks: [default, back]
            volumes: ["./data:/data", "/abs:/abs", "/anonymous", "${VOLUME}:/x", "shared:/y"]
        --- compose.override.yaml
        networks:
          back:
        volumes:
          shared:
            external: true
    """

    def find(project: Project) -> Iterator[Placed]:
        for service, node in project.services():
            for asked in references_of(service, node):
                if asked.section not in _WORDS or (asked.section, asked.name) == ("networks", "default"):
                    continue
                if asked.name in project.section(asked.section):
                    continue
                if not defined_nearby(compose, facts, asked.section, asked.name):
                    yield Placed(asked.path, _problem(compose, project, asked))

    yield from agreed(compose, facts, find)


def _problem(compose: ComposeFile, project: Project, asked: Reference) -> Problem:
    word = _WORDS[asked.section]
    meant = nearest_name(asked.name, project.section(asked.section))
    is_folder = asked.section == "volumes" and "/" in asked.name
    return Problem(
        at=asked.span,
        message=f"The {word} {code(asked.name)} is declared nowhere" + (f": {code(meant)} is meant?" if meant else ""),
        subject=f"{asked.section} {asked.name}",
        why="Compose refuses the whole project because of it.",
        advice=f"Write {code(f'./{asked.name}')} for a folder of the host."
        if is_folder
        else f"Declare it below the top-level {code(f'{asked.section}:')}.",
        edits=renamed(compose, asked.path, asked.span, asked.name, meant) if meant else _declared(compose, asked),
    )


def _declared(compose: ComposeFile, asked: Reference) -> list[Edit]:
    """A declaration for what needs no more than a name."""
    if asked.section not in _EMPTY_IS_ENOUGH or asked.path != compose.path or not _PLAIN.fullmatch(asked.name):
        return []
    try:
        return [Edit(compose.path, *compose.insert_into_section(asked.section, f"{asked.name}:\n"))]
    except ValueError:
        return []
