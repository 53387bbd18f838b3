"""``.dockerignore`` files, with BuildKit's own matching."""

from __future__ import annotations

from dataclasses import dataclass

from reviewbot.source.text import Span, Text


@dataclass(frozen=True)
class IgnorePattern:
    """One pattern line; ``pattern`` is cleaned as Docker does, ``negated`` for ``!``."""

    pattern: str
    negated: bool
    line: int
    span: Span


@dataclass(frozen=True)
class IgnoreFile:
    """A parsed ``.dockerignore`` (or ``<name>.dockerignore``)."""

    text: Text
    patterns: tuple[IgnorePattern, ...]

    @property
    def path(self) -> str:
        return self.text.path

    def excludes(self, path: str) -> bool:
        """Whether Docker leaves this path (relative to the context, ``/``-separated) out of the context."""
        ...


def parse_ignore(text: Text) -> IgnoreFile:
    """Read an ignore file. Raises SourceProblem for a pattern Docker refuses."""
    ...
