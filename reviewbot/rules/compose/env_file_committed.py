"""Secrets in a file that the repository holds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_role import is_for_tests
from reviewbot.source.compose import ComposeFile, Node, Service
from reviewbot.source.interpolation import interpolate
from reviewbot.source.secrets import secret_in_assignment
from reviewbot.source.text import Span, Text

_EXAMPLE = re.compile(r"example|sample|template|dist|default|test|demo|ci\b|dummy|dev|local", re.I)
_GUESSES = re.compile(r"pass|secret|change|example|your|admin|token|test", re.I)
_LONGEST = 200_000
"""Characters of a file that are looked at."""


@rule(
    "env-file-committed",
    title="Keep files with secrets out of the repository",
    category=Category.SECURITY,
    severity=Severity.ERROR,
)
def env_file_committed(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`env_file:` keeps secrets out of the Compose file, but not out of the repository when the file is committed next to
    it: everybody who has a clone has them, and so has everybody who ever will.

    Commit `.env.example` with the names alone, put `.env` into `.gitignore`, and replace what was pushed. Fine for files
    without secrets, and for those whose name says that they are examples or for development and tests.

    Bad:
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            env_file:
              - app.env  # <- finding
              - public.env
        --- app.env
        DB_PASSWORD=kT8vvq2LxA
        --- public.env
        LOG_LEVEL=info
    Bad (the file that Compose itself reads):
        --- compose.yaml
        services:  # <- finding
          app:
            image: example.org/app:${TAG}
        --- .env
        TAG=1.4.2
        DB_PASSWORD=kT8vvq2LxA
    Also good:
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            env_file:
              - .env.example
              - path: other.env
                required: false
              - ${ENV_FILE}
        --- .env.example
        DB_PASSWORD=kT8vvq2LxA
        --- other.env
        DB_PASSWORD=
        API_TOKEN=changeme
        SECRET=${OUTSIDE}
    """
    folder = posixpath.dirname(compose.path)
    named: set[str] = set()
    seen: set[Span] = set()
    for service in compose.services:
        for node, path in _files(service, folder):
            named.add(path)
            found = None if node.span in seen or is_for_tests(service) else _secret_in(path, facts)
            seen.add(node.span)
            if found is not None:
                yield _problem(node.span, service.name, path, found)
    services = compose.root.entry("services")
    own = posixpath.join(folder, ".env")
    if services is not None and compose.services and own not in named and not any(map(is_for_tests, compose.services)):
        found = _secret_in(own, facts)
        if found is not None:
            yield _problem(services.key_span, ".env", own, found)


def _problem(at: Span, subject: str, path: str, found: tuple[str, str]) -> Problem:
    name, kind = found
    return Problem(
        at=at,
        message=f"{code(path)} is in the repository, and {code(name)} in it is {kind}",
        subject=f"{subject} {path}",
        why="Everybody who has a clone has it, now and in the history.",
        advice=f"Take {code(path)} out (`git rm --cached`), put it into `.gitignore`, commit an example with the names "
        "alone, and replace the secret: what was pushed is known.",
    )


def _files(service: Service, folder: str) -> Iterator[tuple[Node, str]]:
    """The files of a service's ``env_file:``, relative to the root; those outside, or hidden by a variable, left out."""
    node = service.get("env_file")
    for item in (node.elements() or (node,)) if node is not None else ():
        named = item.get("path") if item.is_mapping else item
        written = interpolate(named.scalar) if named is not None and named.scalar else None
        path = posixpath.normpath(posixpath.join(folder, written)) if written else ".."
        if not path.startswith(("..", "/")):
            yield item, path


def _secret_in(path: str, facts: Facts) -> tuple[str, str] | None:
    """The first secret of a file of the repository: its name, and what kind it is. Never its value."""
    if _EXAMPLE.search(posixpath.basename(path)):
        return None
    text: Text | None = facts.tree.read(path)
    for line in text.content[:_LONGEST].splitlines() if text else ():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        bare = value.strip().strip("\"'")
        if not equals or name.startswith("#") or not name.strip():
            continue
        kind = secret_in_assignment(name.strip(), bare)
        if kind is not None and not _is_first_guess(bare):
            return name.strip(), kind
    return None


def _is_first_guess(value: str) -> bool:
    """Whether it is a word that stands in examples, and protects nothing."""
    return len(value) < 8 or value.isalpha() or _GUESSES.search(value) is not None
