"""The version of a file format that has none any more."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.purpose import is_for_swarm
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.text import Span


@rule(
    "obsolete-version",
    title="Leave `version:` away",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=("no-version-field",),
    fixable=True,
)
def obsolete_version(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Docker Compose reads every file by the one Compose Specification. It ignores `version:` and warns about it at
    every call; readers take it for a promise that it does not keep.

    Fine for `docker stack deploy`, which still asks for it: a file for a Swarm is not reported.

    Bad:
        version: "3.8"  # <- finding

        services:
          app:
            image: example.org/app:1.4.2
    Good:
        services:
          app:
            image: example.org/app:1.4.2
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
    Also good (a Swarm's):
        version: "3.8"
        services:
          app:
            image: example.org/app:1.4.2
            deploy:
              placement:
                constraints: [node.role == manager]
    """
    entry = compose.root.entry("version")
    if entry is None or entry.merged or is_for_swarm(compose):
        return
    yield Problem(
        at=entry.span,
        message="`version:` does nothing any more, and Compose warns about it",
        subject="version",
        why="What the file may say does not depend on it.",
        advice="Delete the line.",
        edits=_edits(compose),
    )


def _edits(compose: ComposeFile) -> list[Edit]:
    """The line, and with it the blank lines that set it apart where it is the file's first."""
    try:
        span = compose.removal_of(compose.root, "version")
    except ValueError:
        return []
    text, line = compose.text, compose.text.line_of(span.start)
    end, following = span.end, text.line_of(span.start) + 1
    is_set_apart = line == 1 or not text.line_text(line - 1).strip()
    while is_set_apart and following < text.line_count and not text.line_text(following).strip():
        end = text.line_span(following).end
        following += 1
    return [Edit(compose.path, Span(span.start, end), "")]
