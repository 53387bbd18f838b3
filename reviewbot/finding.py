"""The core values: what a rule says of a place, and the edits that would mend it."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from msgspec import Struct, field

from reviewbot.source.text import Span, Text


class Severity(enum.IntEnum):
    """How much a finding matters; the order is that of importance."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Confidence(enum.IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Side(enum.Enum):
    """Which file a line number counts in: the base's (LEFT) or the head's (RIGHT)."""

    LEFT = "LEFT"
    RIGHT = "RIGHT"


class Edit(Struct, frozen=True):
    """Replace one span of one file; an empty span inserts, an empty replacement deletes.

    A file that does not exist yet is created by an insertion at ``Span(0, 0)``.
    """

    path: str
    span: Span
    replacement: str


class Location(Struct, frozen=True):
    """Where a finding is shown: exact positions, lines and columns from 1, the end inclusive of its last character."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    side: Side = Side.RIGHT

    @classmethod
    def of(cls, text: Text, span: Span, side: Side = Side.RIGHT) -> Location:
        line, column = text.position(span.start)
        end_line, end_column = text.position(max(span.start, span.end - 1))
        return cls(text.path, line, column, end_line, end_column, side)


class Finding(Struct, frozen=True, cache_hash=True):
    """One problem in one place, as a rule found it.

    ``subject`` names what the finding is about in words that survive an edit of the line (a stage, a
    service, a variable's name; never a secret's value): with rule and path it makes the fingerprint.
    ``message`` is one line that says what is wrong; ``why`` says why it matters here; ``evidence`` is
    the fact it rests on, where one was looked up; ``advice`` says what to do where no edit can.
    """

    rule: str
    severity: Severity
    location: Location
    message: str
    subject: str
    why: str = ""
    advice: str = ""
    evidence: str | None = None
    confidence: Confidence = Confidence.HIGH
    edits: tuple[Edit, ...] = ()
    aliases: tuple[str, ...] = ()
    """The peers' numbers of the rule."""
    code: str | None = None
    """The number of this very problem, for rules that speak for a tool with numbers of its own."""
    log: str = ""
    """The end of a build's output, where that is the evidence: untrusted, several lines."""
    ordinal: int = 0
    """Tells findings of the same key apart, in reading order."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What findings of the same thing in base and head share."""
        return (self.rule, self.location.path, self.subject)

    @property
    def fingerprint(self) -> str:
        """Identity across pushes: 16 hexadecimal digits, the same when lines move or are reworded."""
        import hashlib  # only now: it takes its time to load

        parts = "\0".join((*self.key, str(self.ordinal)))
        return hashlib.sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()[:16]


class Suppression(Struct, frozen=True):
    """A finding that somebody chose to keep: by a comment in the file or by configuration."""

    by: str
    reason: str


class Notice(Struct, frozen=True):
    """Something the review could not do, and what would make it possible. Never a finding."""

    message: str
    path: str | None = None
    line: int | None = None


class Findings(Struct, frozen=True):
    """All findings of one version of the tree, with those that were suppressed kept apart."""

    active: tuple[Finding, ...] = ()
    suppressed: tuple[tuple[Finding, Suppression], ...] = field(default=())


def in_reading_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(
        findings,
        key=lambda f: (f.location.path, f.location.line, f.location.column, -f.severity, f.rule, f.subject),
    )


def most_important_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(in_reading_order(findings), key=lambda f: (-f.severity, -f.confidence))
