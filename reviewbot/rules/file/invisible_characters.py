"""Characters that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.ignore import IgnoreFile
from reviewbot.source.invisible import hidden_characters


@rule(
    "invisible-characters",
    title="Write what a reader sees",
    category=Category.SECURITY,
    severity=Severity.WARNING,
)
def invisible_characters(source: Dockerfile | ComposeFile | IgnoreFile, facts: Facts) -> Iterator[Problem]:
    """Some characters of Unicode are not seen, and are read all the same: those that turn the direction of writing round, so
    that a line is shown in another order than the builder reads it, and those of no width, which make two names differ that
    look alike. Whoever approves such a line approves something else than what runs, and no suggestion is made there.

    Fine: a byte order mark at the head of the file, joined emoji, and the joiners that some scripts need.

    Bad:
        FROM debian:12.5-slim
        RUN ./install --check\u200b  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN ./install --check
    Also good (emoji and other scripts):
        FROM debian:12.5-slim
        # für die Größe: 👩‍💻 می‌خواهم
        RUN echo "→ fertig ✓"
    """
    for hidden in hidden_characters(source.text):
        names = " and ".join(hidden.names[:3]) + (" and others" if len(hidden.names) > 3 else "")
        yield Problem(
            at=hidden.span,
            message=f"This line holds what nobody sees: {names}",
            subject=" ".join(name.partition(" ")[0] for name in hidden.names[:3]),
            why="It is shown in another order than it is read in."
            if hidden.reorders
            else "It is read as part of a word, or not at all, and looks the same either way.",
            advice="Delete it, or write it as an escape where it is meant.",
            severity=Severity.ERROR if hidden.reorders else None,
        )
