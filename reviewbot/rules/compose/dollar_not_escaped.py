"""Variables that Compose takes away before the container sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Node, Service
from reviewbot.source.interpolation import variables_in
from reviewbot.source.text import Span

_PLACES = (("healthcheck", "test"), ("command",), ("entrypoint",))
_VARIABLE = re.compile(r"(?<!\$)(?:\$\$)*\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})")


@rule(
    "dollar-not-escaped",
    title="Write `$$` for variables of the container",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    fixable=True,
)
def dollar_not_escaped(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Compose replaces `$NAME` when it reads the file, with what the *host* has under that name: mostly nothing. What
    `environment:` sets is known in the container only, where a shell reads `$NAME` if Compose was told to leave it
    alone: `$$NAME`.

    Said where the service sets the variable itself, to a value that does not come from the same variable of the host, and
    no `.env` next to the file has it.

    Bad:
        services:
          db:
            image: postgres:16.4
            environment:
              POSTGRES_USER: app
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U $POSTGRES_USER"]  # <- finding
          app:
            image: example.org/app:1.4.2
            environment: [WORKERS=4]
            command: sh -c "serve --workers ${WORKERS}"  # <- finding
    Good:
        services:
          db:
            image: postgres:16.4
            environment:
              POSTGRES_USER: app
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U $$POSTGRES_USER"]
          app:
            image: example.org/app:1.4.2
            environment: [WORKERS=4]
            command: sh -c "serve --workers $${WORKERS}"
    Also good:
        --- compose.yaml
        services:
          db:
            image: postgres:16.4
            environment:
              POSTGRES_USER: ${POSTGRES_USER}
              POSTGRES_DB: app
              MODE: fast
            command: postgres -c work_mem=${WORK_MEM} -c x=${MODE:-slow}
            healthcheck:
              test: ["CMD-SHELL", "pg_isready -U $POSTGRES_USER -d $POSTGRES_DB"]
        --- .env
        POSTGRES_DB=app
    """
    known = _names_in_dotenv(compose, facts)
    seen: set[Span] = set()
    for service in compose.services:
        own = _own_variables(service) - known
        for path in _PLACES if own else ():
            node = service.get(*path)
            for word in (node.elements() or (node,)) if node is not None else ():
                names = [name for name in _unescaped(word) if name in own]
                if names and word.span not in seen:
                    seen.add(word.span)
                    yield _problem(compose, service, path, word, names)


def _problem(compose: ComposeFile, service: Service, path: tuple[str, ...], word: Node, names: list[str]) -> Problem:
    return Problem(
        at=word.span,
        message=f"Compose replaces {code('$' + names[0])} before the container of {code(service.name)} sees it",
        subject=f"{service.name} {path[0]} {names[0]}",
        why="The variable is set for the container; on the host there is none of that name, so it becomes empty.",
        advice=f"Write {code('$$' + names[0])}.",
        edits=_edits(compose, word, set(names)),
    )


def _own_variables(service: Service) -> set[str]:
    """The variables that the service sets to something of its own."""
    return {
        variable.name
        for variable in service.environment
        if variable.value and variable.name not in set(variables_in(variable.value))
    }


def _unescaped(word: Node) -> list[str]:
    return [match["bare"] or match["braced"] for match in _VARIABLE.finditer(word.scalar or "")]


def _names_in_dotenv(compose: ComposeFile, facts: Facts) -> set[str]:
    folder = compose.path.rpartition("/")[0]
    text = facts.tree.read(f"{folder}/.env" if folder else ".env")
    lines = text.content.splitlines() if text else []
    return {line.partition("=")[0].strip().removeprefix("export ") for line in lines if "=" in line}


def _edits(compose: ComposeFile, word: Node, names: set[str]) -> list[Edit]:
    if word.is_alias or compose.is_shared(word.span):
        return []
    edits = []
    for match in _VARIABLE.finditer(compose.text[word.span]):
        if (match["bare"] or match["braced"]) in names:
            at = word.span.start + match[0].rindex("$") + match.start()
            edits.append(Edit(compose.path, Span(at, at), "$"))
    return edits
