"""What stands in the way of a project: told with the place where its author can change it."""

from __future__ import annotations

import enum
from collections.abc import Iterator

from msgspec import Struct, field

from reviewbot.source.text import Span
from reviewbot.source.yaml_nodes import Node


class Trouble(enum.Enum):
    """Kinds of what goes wrong between files."""

    UNREADABLE = "unreadable"
    """A file that the project needs does not parse."""
    MISSING_FILE = "missing file"
    OUTSIDE = "outside"
    """A path that leads out of the repository."""
    REMOTE = "remote"
    """Something to fetch: that is never done here."""
    MISSING_SERVICE = "missing service"
    """``extends`` names a service that is not there."""
    CYCLE = "cycle"
    CONFLICT = "conflict"
    """Two files say things that cannot be put together."""
    VARIABLE = "variable"
    """A value with a ``$`` that Compose refuses."""
    TOO_LARGE = "too large"


class ProjectProblem(Struct, frozen=True):
    """One of them: ``message`` for people in one line, ``path`` and ``span`` where it is written.

    ``subject`` names what it is about in words that survive an edit of the line.
    """

    kind: Trouble
    message: str
    path: str
    span: Span
    subject: str


class TooLarge(Exception):
    """The project grows beyond what is looked at."""


class Report(Struct):
    """Collects problems, and stops work that grows without end: aliases and ``extends`` multiply what is written."""

    steps_left: int
    problems: dict[tuple[str, Span, str], ProjectProblem] = field(default_factory=dict)

    def add(self, kind: Trouble, message: str, at: Node, subject: str) -> None:
        key = (at.path, at.span, message)
        self.problems.setdefault(key, ProjectProblem(kind, message, at.path, at.span, subject))

    def spend(self, steps: int) -> None:
        """Account for work done. Raises TooLarge when it is too much."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise TooLarge

    def __iter__(self) -> Iterator[ProjectProblem]:
        return iter(self.problems.values())
