"""Values that Compose cannot use where they stand."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.schema_words import expected_kind, kind_of, nearest, where
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_project.sets import BASES
from reviewbot.source.compose_schema.validate import SchemaError, Violation

_SIMPLE = re.compile(r"[\w./-]+")


@rule(
    "compose-wrong-type",
    title="Give every key the kind of value that Compose takes",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def compose_wrong_type(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A number where text is wanted, one word where a list is wanted, a value that is none of those there are: Compose
    refuses the whole file.

    Said of what is written, with the defaults of variables put in. A value that hangs on a variable without default may
    be anything.

    Bad:
        services:
          web:
            image: example.org/web:1.4.2
            ports: "8080:80"  # <- finding
            user: 1000  # <- finding
            command: ["serve", 8080]  # <- finding
            build:
              context: .
              target: 2  # <- finding
    Good:
        services:
          web:
            image: example.org/web:1.4.2
            ports: ["8080:80"]
            user: "1000"
            command: ["serve", "8080"]
            build:
              context: .
              target: "2"
    Bad (a value that there is not):
        services:
          db:
            image: postgres:16.4
            pull_policy: allways  # <- finding
            deploy:
              endpoint_mode: vip
              update_config:
                order: start-firts  # <- finding
    Good:
        services:
          db:
            image: postgres:16.4
            pull_policy: always
            deploy:
              endpoint_mode: vip
              update_config:
                order: start-first
    Bad (nothing can mend it by itself):
        services:
          web:
            image: [nginx]  # <- finding
            privileged: 3  # <- finding
            develop:
              watch:
                - path: ./src  # <- finding
            depends_on:
              db:  # <- finding
          db: postgres  # <- finding
    Also good:
        services:
          web:
            image: nginx:${TAG}
            privileged: ${PRIVILEGED:-false}
            deploy: {replicas: "${REPLICAS:-2}"}
            ports: [8080, "81:81", {target: 82}]
            command: serve 8080
            environment: {A: 1, B: 1.5, C: true, D: }
            mem_limit: 512m
            cpus: 0.5
            restart: "no"
            healthcheck: !reset null
    Also good (nothing is laid over the other file yet; alone Compose refuses it):
        --- compose.yaml
        services:
          web: {image: "example.org/web:1.4.2"}
        --- compose.extras.yaml
        # Add services of your own here.
    """
    is_laid_over = posixpath.basename(compose.path) not in BASES and len(facts.compose_files_in(_folder(compose))) > 1
    for error in compose.schema_errors:
        if not error.keys and error.node.value is None and is_laid_over:
            continue
        if error.violation is Violation.WRONG_VALUE and error.keys[-1:] == ("container_name",):
            continue  # What a container may be called another rule says in better words.
        match error.violation:
            case Violation.WRONG_TYPE:
                message = (
                    f"{code(where(error))} is {kind_of(error)}: Compose takes {expected_kind(error)}"
                    if error.keys
                    else "Nothing is in the file: Compose takes a mapping with `services:`"
                )
            case Violation.WRONG_VALUE:
                message = f"{code(where(error))} cannot be {code(error.node.scalar or '')}{_choices(error)}"
            case Violation.MISSING_KEY:
                message = f"{code(where(error))} has no {code(error.key)}, without which Compose does not take it"
            case _:
                continue
        yield Problem(
            at=error.span,
            message=message,
            subject=".".join((*error.keys, error.key)).rstrip("."),
            why="Compose refuses the whole file because of it.",
            advice=_advice(error),
            edits=_edits(compose, error),
        )


def _folder(compose: ComposeFile) -> str:
    return posixpath.dirname(compose.path)


def _choices(error: SchemaError) -> str:
    """What it can be, where that is few words."""
    words = [word if " " in word else code(word) for word in error.expected]
    return f": it is {' or '.join(words)}" if 0 < len(words) <= 8 else ""


def _advice(error: SchemaError) -> str:
    if error.violation is Violation.MISSING_KEY:
        return f"Add {code(error.key)}."
    if error.violation is Violation.WRONG_TYPE:
        return f"Write {expected_kind(error)}."
    return "Use one of the values that the Compose Specification knows."


def _edits(compose: ComposeFile, error: SchemaError) -> list[Edit]:
    replacement = _replacement(error)
    if replacement is None or error.node.is_alias or compose.is_shared(error.span):
        return []
    return [Edit(compose.path, error.span, replacement)]


def _replacement(error: SchemaError) -> str | None:
    """The same value in the form that is wanted; None where somebody has to say what was meant."""
    node = error.node
    raw = node.raw
    if error.violation is Violation.WRONG_VALUE and raw == node.value:
        return nearest(raw, error.expected or _POLICIES)
    if error.violation is not Violation.WRONG_TYPE or node.scalar is None or "\n" in raw or "\\" in raw:
        return None
    is_quoted = raw[:1] in ('"', "'")
    text = raw if is_quoted else f'"{raw}"'
    if '"' in raw and not is_quoted:
        return None
    if error.expected == ("string",) and not is_quoted:
        return text
    if error.expected == ("array",):
        return f"[{raw if _SIMPLE.fullmatch(raw) and isinstance(node.value, str) else text}]"
    return None


_POLICIES = ("always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly")
"""What ``pull_policy`` can be, beside ``every_`` and a time: the one pattern of the schema that has words of its own."""
