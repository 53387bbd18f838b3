"""Keys that Compose does not know."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.schema_words import homes_of, is_key_of_a_service, nearest, where
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_schema.validate import SchemaError, Violation


@rule(
    "compose-unknown-key",
    title="Use the keys of the Compose Specification",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def compose_unknown_key(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Compose refuses a file with a key it does not know: nothing starts, whatever the key was meant for. Mostly it is
    a slip of the pen, or a key that belongs one level further in.

    Fine for everything that begins with `x-`: that is yours. A key of a newer Specification than this rule knows can
    be kept with an ignore comment.

    Bad:
        services:
          web:
            imge: nginx:1.27.3  # <- finding
            enviroment:  # <- finding
              MODE: fast
          api:
            image: example.org/api:1.4.2
            depends-on: [web]  # <- finding
    Good:
        services:
          web:
            image: nginx:1.27.3
            environment:
              MODE: fast
          api:
            image: example.org/api:1.4.2
            depends_on: [web]
    Bad (it belongs elsewhere, or nowhere):
        services:
          web:
            image: nginx:1.27.3
            replicas: 2  # <- finding
            colour: blue  # <- finding
        image: nginx  # <- finding
    Bad (services without `services:`, as it was before 2016):
        web:  # <- finding
          image: nginx:1.27.3
        db:
          image: postgres:16.4
    Bad (a name that none can be):
        services:
          "my web":  # <- finding
            image: nginx:1.27.3
    Also good:
        x-common: &common
          anything: goes
        services:
          web:
            image: nginx:1.27.3
            x-note: {any: thing}
            labels: {any.label: 1}
            ports: !reset []
            logging:
              driver: local
              options: {any-option: "1"}
    """
    errors = [e for e in compose.schema_errors if e.violation in (Violation.UNKNOWN_KEY, Violation.BAD_NAME)]
    old = [error for error in errors if not error.keys and _is_a_service(compose, error)]
    if old and compose.root.get("services") is None:
        yield _old_format(compose, old[0])
        errors = [error for error in errors if error not in old]
    for error in errors:
        if error.violation is Violation.BAD_NAME:
            yield _bad_name(error)
        else:
            yield _problem(compose, error)


def _is_a_service(compose: ComposeFile, error: SchemaError) -> bool:
    node = compose.root.get(error.key)
    return node is not None and bool(node.entry("image") or node.entry("build"))


def _old_format(compose: ComposeFile, error: SchemaError) -> Problem:
    return Problem(
        at=error.span,
        message=f"{code(error.key)} stands at the top level, where Compose reads no services",
        subject="services",
        why="Before 2016 services stood there; Compose no longer takes such a file.",
        advice="Put all services below one `services:`, each two spaces further in.",
    )


def _bad_name(error: SchemaError) -> Problem:
    return Problem(
        at=error.span,
        message=f"{code(error.key)} cannot be a name in {code(where(error) or 'the file')}",
        subject=".".join((*error.keys, error.key)),
        why="Compose takes letters, digits, `.`, `_` and `-`, and refuses the file.",
        advice="Use those characters alone.",
    )


def _problem(compose: ComposeFile, error: SchemaError) -> Problem:
    place = f"in {code(where(error))}" if error.keys else "at the top level"
    meant = nearest(error.key, error.expected)
    return Problem(
        at=error.span,
        message=f"Compose knows no key {code(error.key)} {place}" + (f": {code(meant)} is meant?" if meant else ""),
        subject=".".join((*error.keys, error.key)),
        why="Compose refuses the whole file because of it.",
        advice=_advice(error, meant),
        edits=_edits(compose, error, meant),
    )


def _advice(error: SchemaError, meant: str | None) -> str:
    if meant:
        return f"Write {code(meant)}."
    if not error.keys and is_key_of_a_service(error.key):
        return "It is a key of a service: put it into the service that it is for."
    homes = homes_of(error.key) if error.keys[:1] == ("services",) and len(error.keys) == 2 else []
    if homes:
        return f"It belongs below {' or '.join(code(home) for home in homes[:3])}."
    return "Take it out, or let it begin with `x-` where it is for another program."


def _edits(compose: ComposeFile, error: SchemaError, meant: str | None) -> list[Edit]:
    written = compose.text[error.span]
    if meant is None or error.node.entry(meant) is not None or written != error.key or compose.is_shared(error.span):
        return []
    return [Edit(compose.path, error.span, meant)]
