"""Projects named after whatever folder they lie in."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.compose import ComposeFile


@rule(
    "project-name-missing",
    title="Give the project a name",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    set=RuleSet.NAMED,
    aliases=("require-project-name-field",),
)
def project_name_missing(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Without `name:` the project is called after the folder that the file lies in, and its volumes and networks with it.
    Cloned elsewhere, it starts with empty volumes; two folders of one name share them.

    Fine where `COMPOSE_PROJECT_NAME` or `-p` gives the name. On only when it is named.

    Bad:
        services:  # <- finding
          app:
            image: example.org/app:1.4.2
    Also good:
        name: example
        services:
          app:
            image: example.org/app:1.4.2
    """
    services = compose.root.entry("services")
    if services is None or compose.is_partial or compose.root.entry("name") is not None:
        return
    yield Problem(
        at=services.key_span,
        message="The project has no name of its own",
        subject="file",
        why="It is called after its folder, and its volumes are lost to it when the folder gets another name.",
        advice="Add `name:` at the top.",
    )
