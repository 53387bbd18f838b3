"""What a review comes to: plain values, ready for any output."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct, field

from reviewbot.change.model import Hunk
from reviewbot.finding import Finding, Notice, Side, Suppression
from reviewbot.image.model.report import ImageReport
from reviewbot.source.text import Text


class Verdict(enum.Enum):
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"


class Proof(enum.Enum):
    """How far a suggestion was proven before it was shown."""

    PARSED = "parsed"
    """Applied to the file: it parses, the findings are gone, nothing new appears, no other byte moved."""
    BUILT = "built"
    """And the image was built with it."""
    STARTED = "started"
    """And a container of that image stayed up."""


class Suggestion(Struct, frozen=True, cache_hash=True):
    """A proven replacement of whole lines of one file of the head.

    Lines ``first_line``..``last_line`` (from 1, inclusive) become ``replacement``, which carries its own line
    ends. ``last_line == first_line - 1`` inserts before ``first_line``; a file that does not exist yet is
    created with ``first_line == 1``. ``findings`` are those that it mends.
    """

    path: str
    first_line: int
    last_line: int
    replacement: str
    findings: tuple[Finding, ...]
    proof: Proof = Proof.PARSED
    creates_file: bool = False


class Comment(Struct, frozen=True):
    """One inline comment: all that is said of one place of the change.

    ``line`` is where it ends, ``start_line`` where it begins (the same for a single line); both count in the
    head's file, or in the base's for ``Side.LEFT``. ``is_placeable`` tells whether all its lines lie within one hunk
    of the diff, so that GitHub takes it. ``suggestion`` may be for other lines or another file than the comment's:
    then ``is_applicable`` is False and it is shown as a diff instead of a suggestion block.
    """

    path: str
    side: Side
    start_line: int
    line: int
    findings: tuple[Finding, ...]
    suggestion: Suggestion | None = None
    is_placeable: bool = True
    is_applicable: bool = False

    @property
    def fingerprint(self) -> str:
        """Identity of the comment: that of its most important finding."""
        return self.findings[0].fingerprint


class Review(Struct, frozen=True, dict=True):
    """The outcome. ``findings`` are what this change brings in (or all, by ``scope``), in reading order.

    ``comments`` are the places to speak of, most important first: one for every place that has findings.
    ``fixed`` are findings of the base that the change mends. ``texts`` holds the judged files by path, ``base_texts``
    the base's, for excerpts and diffs; ``hunks`` the diff of each changed file by its head path.
    ``timings`` are seconds by step.
    """

    verdict: Verdict
    base: str | None
    head: str | None
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[tuple[Finding, Suppression], ...] = ()
    fixed: tuple[Finding, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    comments: tuple[Comment, ...] = ()
    images: tuple[ImageReport, ...] = ()
    notices: tuple[Notice, ...] = ()
    files: tuple[str, ...] = ()
    """Paths that were judged."""
    unread: tuple[str, ...] = ()
    """Paths of the head that could not be judged: that nothing was found in them says nothing."""
    unjudged: tuple[str, ...] = ()
    """Rules that could not be asked, or not about everything: that they found nothing says nothing."""
    from_images: tuple[Finding, ...] = ()
    """The findings that only a built image can tell, also those that people ignore: runs that build nothing need them."""
    withdrawn: Mapping[tuple[str, str, int], str] = field(default_factory=dict)
    """Why fixes do not hold in practice, by their findings' identity: runs that build nothing must not offer them again."""
    texts: Mapping[str, Text] = field(default_factory=dict)
    base_texts: Mapping[str, Text] = field(default_factory=dict)
    hunks: Mapping[str, tuple[Hunk, ...]] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    """What each rule asks for, in words, by the rule's name."""

    @cached_property
    def suggested(self) -> Mapping[Finding, Suggestion]:
        """What mends each finding: a suggestion of ``suggestions``, or one that only a comment shows."""
        shown = [comment.suggestion for comment in self.comments if comment.suggestion]
        return {finding: suggestion for suggestion in (*shown, *self.suggestions) for finding in suggestion.findings}
