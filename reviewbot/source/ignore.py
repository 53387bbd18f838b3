"""``.dockerignore`` files, with BuildKit's own matching."""

from __future__ import annotations

import warnings
from functools import cached_property

from e2b_dockerfile_utils import PatternMatcher
from msgspec import Struct

from reviewbot.source.ignore_pattern import PathPattern
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Span, Text

MAX_PATTERNS = 2_000
MAX_PATTERN_CHARACTERS = 1_000


class IgnorePattern(Struct, frozen=True):
    """One pattern line; ``pattern`` is cleaned as Docker does, ``negated`` for ``!``."""

    pattern: str
    negated: bool
    line: int
    span: Span


class IgnoreFile(Struct, frozen=True, dict=True):
    """A parsed ``.dockerignore`` (or ``<name>.dockerignore``)."""

    text: Text
    patterns: tuple[IgnorePattern, ...]

    @property
    def path(self) -> str:
        return self.text.path

    def excludes(self, path: str) -> bool:
        """Whether Docker leaves this path (relative to the context, ``/``-separated) out of the context.

        The last pattern that matches decides; one that matches a folder matches all that is below it.
        """
        folders: list[str] = []
        folder = path.rpartition("/")[0]
        while folder and folder not in self._matched:
            folders.append(folder)
            folder = folder.rpartition("/")[0]
        for unknown in reversed(folders):
            self._matched[unknown] = self._matching(unknown)
        return self._decision(self._matching(path))

    def readmits(self, path: str) -> bool:
        """Whether a line with ``!`` is what decides that a path stays in the context."""
        return not self.excludes(path) and self._matching(path) != 0

    @cached_property
    def _matched(self) -> dict[str, int]:
        """The patterns that match each folder, as far as somebody asked: bit ``i`` for pattern ``i``."""
        return {"": 0}

    @cached_property
    def _path_patterns(self) -> tuple[tuple[PathPattern, bool], ...]:
        return tuple((PathPattern(pattern.pattern), pattern.negated) for pattern in self.patterns)

    def _matching(self, path: str) -> int:
        """The patterns that match a path or a folder above it, those left out that could not change the outcome."""
        inherited = self._matched[path.rpartition("/")[0]]
        matching, is_excluded, bit = 0, False, 1
        for pattern, negated in self._path_patterns:
            if inherited & bit or (negated == is_excluded and pattern.matches(path)):
                matching |= bit
                is_excluded = not negated
            bit <<= 1
        return matching

    def _decision(self, matching: int) -> bool:
        return matching != 0 and not self.patterns[matching.bit_length() - 1].negated


def parse_ignore(text: Text) -> IgnoreFile:
    """Read an ignore file.

    Raises SourceProblem for a pattern Docker refuses, for one of more than 1000 characters, and for more than
    2000 patterns.
    """
    patterns: list[IgnorePattern] = []
    for line in range(1, text.line_count + 1):
        written = text.line_text(line)
        if line == 1:
            written = written.removeprefix("\ufeff")
        stripped = written.strip()
        if written.startswith("#") or not stripped:
            continue
        start = text.line_span(line).start + text.line_text(line).index(stripped)
        position = text.position(start)
        if len(patterns) == MAX_PATTERNS:
            raise SourceProblem(f"more than {MAX_PATTERNS} patterns", *position)
        if len(stripped) > MAX_PATTERN_CHARACTERS:
            raise SourceProblem(f"a pattern of more than {MAX_PATTERN_CHARACTERS} characters", *position)
        cleaned = _cleaned(stripped, position)
        if cleaned == "!/":  # BuildKit cleans it once more, and nothing is left
            raise SourceProblem('illegal exclusion pattern: "!"', *position)
        negated = cleaned.startswith("!")
        span = Span(start, start + len(stripped))
        patterns.append(IgnorePattern(cleaned[1:] if negated else cleaned, negated, line, span))
    return IgnoreFile(text, tuple(patterns))


def _cleaned(written: str, position: tuple[int, int]) -> str:
    # Behind white space a `#` begins a name; `./#` says the same to a reader that has lost that white space.
    unambiguous = f"./{written}" if written.startswith("#") else written
    try:
        with warnings.catch_warnings():
            # Python says of `[[]` that it may come to mean something else one day.
            warnings.simplefilter("ignore", FutureWarning)
            return str(PatternMatcher([unambiguous]).patterns[0])
    except ValueError as error:
        raise SourceProblem(str(error), *position) from None
