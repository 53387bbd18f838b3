"""``.dockerignore`` files, with BuildKit's own matching."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cached_property

from e2b_dockerfile_utils import PatternMatcher

from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Span, Text

MAX_PATTERNS = 2_000


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

    @cached_property
    def _matcher(self) -> PatternMatcher:
        return PatternMatcher([f"!{p.pattern}" if p.negated else p.pattern for p in self.patterns])

    def excludes(self, path: str) -> bool:
        """Whether Docker leaves this path (relative to the context, ``/``-separated) out of the context."""
        return bool(self._matcher.matches(posixpath.normpath(path)))


def parse_ignore(text: Text) -> IgnoreFile:
    """Read an ignore file. Raises SourceProblem for a pattern Docker refuses."""
    patterns: list[IgnorePattern] = []
    for line in range(1, text.line_count + 1):
        written = text.line_text(line)
        if written.startswith("\ufeff") and line == 1:
            written = written[1:]
        if written.startswith("#") or not written.strip():
            continue
        start = text.line_span(line).start + text.line_text(line).index(written.strip())
        span = Span(start, start + len(written.strip()))
        try:
            cleaned = PatternMatcher([written]).patterns
        except ValueError as error:
            raise SourceProblem(str(error), *text.position(start)) from None
        patterns += [IgnorePattern(p.removeprefix("!"), p.startswith("!"), line, span) for p in cleaned]
    return IgnoreFile(text, tuple(patterns))
