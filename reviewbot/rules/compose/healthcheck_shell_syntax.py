"""Health checks that nobody can run as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import replaced, written
from reviewbot.source.compose import ComposeFile, Node, Service
from reviewbot.source.text import Span
from reviewbot.source.yaml_insert import column_of

_OPERATORS = frozenset(("||", "&&", "|", ";", ">", ">>", "<", "2>&1", ">/dev/null"))
_SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "pwsh", "powershell", "cmd"))
_KINDS = ("CMD", "CMD-SHELL", "NONE")
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


@rule(
    "healthcheck-shell-syntax",
    title="Run a health check's shell syntax in a shell",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def healthcheck_shell_syntax(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`CMD` runs one program with the words that follow, without a shell: `||`, `$$NAME` and a whole command line in one
    word mean nothing to it. `CMD-SHELL` takes one word, which a shell reads; further words are lost. In both cases the
    service is never healthy, or the check does not check what it says.

    Bad:
        services:
          one:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "curl -f http://localhost/ || exit 1"]  # <- finding
          two:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost/", "||", "exit", "1"]  # <- finding
          three:
            image: postgres:16.4
            healthcheck:
              test:  # <- finding
                - CMD-SHELL
                - pg_isready
                - -U
                - postgres
          four:
            image: mysql:8.4
            healthcheck:
              test: ["CMD", "mysqladmin", "ping", "-p$$MYSQL_ROOT_PASSWORD"]  # <- finding
          five:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["curl", "-f", "http://localhost/"]  # <- finding
    Good:
        services:
          one:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]
          two:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]
          three:
            image: postgres:16.4
            healthcheck:
              test:
                - CMD-SHELL
                - "pg_isready -U postgres"
          four:
            image: mysql:8.4
            healthcheck:
              test: ["CMD-SHELL", "mysqladmin ping -p$$MYSQL_ROOT_PASSWORD"]
          five:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost/"]
    Also good:
        services:
          one:
            image: example.org/app:1.4.2
            healthcheck:
              test: curl -f http://localhost/ || exit 1
          two:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "sh", "-c", "curl -f http://localhost/ || exit 1"]
          three:
            image: mongo:7.0
            healthcheck:
              test: ["CMD", "mongosh", "--eval", "db.adminCommand('ping').ok || quit(1)"]
          four:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["NONE"]
          five:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "/app/check", "--price", "5$$"]
    """
    for service, entry in written(compose, "healthcheck", "test"):
        items = entry.value.elements()
        words = [item.scalar or "" for item in items]
        fault = _fault(words) if words else None
        if fault is None:
            continue
        message, why = fault
        yield Problem(
            at=entry.value.span if entry.value.is_flow else entry.key_span,
            message=message.format(service=code(service.name)),
            subject=service.name,
            why=why,
            advice='Give a shell one word to read: `["CMD-SHELL", "…"]`.',
            edits=_edits(compose, service, entry.value, words),
        )


def _fault(words: list[str]) -> tuple[str, str] | None:
    kind, rest = words[0], words[1:]
    if kind not in _KINDS:
        return (
            "The health check of {service} does not say how it is run: it has to begin with `CMD` or `CMD-SHELL`",
            "Compose refuses the file.",
        )
    if kind == "CMD-SHELL" and len(rest) > 1:
        return (
            "The shell reads only the first word of the health check of {service}",
            f"It runs {code(rest[0])} without the words that follow.",
        )
    if kind != "CMD" or not rest or rest[0].rpartition("/")[2] in _SHELLS:
        return None
    if len(rest) == 1 and " " in rest[0].strip():
        return (
            "The health check of {service} looks for a program with spaces in its name",
            "`CMD` takes the whole line for the name of one program, which is not there: the service is never healthy.",
        )
    if _OPERATORS.intersection(rest):
        return (
            "No shell reads the health check of {service}, which has shell syntax in it",
            "`CMD` gives `||` and its like to the program as words.",
        )
    if any(re.search(r"\$\$(?:\{\w+|[A-Za-z_])", word) for word in rest):
        return (
            "No shell puts the variable into the health check of {service}",
            "`CMD` gives the program the name with its dollar sign, not the value.",
        )
    return None


def _edits(compose: ComposeFile, service: Service, node: Node, words: list[str]) -> list[Edit]:
    items, text = node.elements(), compose.text
    if node.is_alias or node.anchor or compose.is_shared(node.span) or any(i.is_alias or i.anchor for i in items):
        return []
    kind, rest = words[0], words[1:]
    if kind not in _KINDS:
        if not node.is_flow or not _PLAIN.fullmatch(kind) or any(operator in words for operator in _OPERATORS):
            return []
        return [Edit(compose.path, Span(items[0].span.start, items[0].span.start), '"CMD", ')]
    if len(rest) == 1:
        return replaced(compose, items[0], "CMD-SHELL")
    if not all(_PLAIN.fullmatch(word) or word in _OPERATORS or _is_variable(word) for word in rest):
        return []
    line = json.dumps(" ".join(rest))
    if node.is_flow:
        return [] if "\n" in text[node.span] else [Edit(compose.path, node.span, f'["CMD-SHELL", {line}]')]
    between = text.content[items[0].span.start : items[-1].span.end]
    if "#" in between:
        return []
    dash = " " * column_of(text, node.span.start)
    written_kind = f"{items[0].raw[0]}CMD-SHELL{items[0].raw[0]}" if items[0].raw[:1] in ('"', "'") else "CMD-SHELL"
    replacement = f"{written_kind}{text.newline}{dash}- {line}"
    return [Edit(compose.path, Span(items[0].span.start, items[-1].span.end), replacement)]


def _is_variable(word: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_@%+=:,./-]*\$\$\{?\w+\}?", word) is not None
