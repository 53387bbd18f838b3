"""Known flaws of packages, and which of them a change brings in."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from reviewbot.image.model.step import Step


class CveSeverity(enum.IntEnum):
    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Vulnerability(Struct, frozen=True):
    """A known flaw in a package: ``fixed`` is the version that mends it, empty when there is none.

    ``step`` is what brought the package; None where it cannot be told.
    """

    id: str
    package: str
    version: str
    fixed: str
    severity: CveSeverity
    step: Step | None = None


def by_severity(flaws: Iterable[Vulnerability]) -> Counter[CveSeverity]:
    """How many different vulnerabilities there are of each severity: one that several packages have counts once."""
    worst: dict[str, CveSeverity] = {}
    for flaw in flaws:
        worst[flaw.id] = max(flaw.severity, worst.get(flaw.id, CveSeverity.UNKNOWN))
    return Counter(worst.values())


class VulnerabilityChanges(Struct, frozen=True):
    """What a scanner (``tool``) finds in the head and not in the base, and the other way round, the worst first.

    ``limit`` is the severity from which what is introduced fails the review.
    """

    tool: str
    introduced: tuple[Vulnerability, ...] = ()
    fixed: tuple[Vulnerability, ...] = ()
    limit: CveSeverity | None = None
