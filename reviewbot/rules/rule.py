"""What a rule is, and how a module declares one."""

from __future__ import annotations

import enum
import inspect
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.image.model import ImageReport
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.ignore import IgnoreFile
from reviewbot.source.text import Span

Subject = Dockerfile | Stage | ComposeFile | Service | IgnoreFile | ImageReport
"""What a rule may look at: the type of its first parameter decides what it is called with."""

S = TypeVar("S", Dockerfile, Stage, ComposeFile, Service, IgnoreFile, ImageReport)


class Category(enum.Enum):
    SECURITY = "security"
    REPRODUCIBILITY = "reproducibility"
    SIZE = "size"
    CACHE = "cache"
    RUNTIME = "runtime"
    CORRECTNESS = "correctness"


class RuleSet(enum.Enum):
    """RECOMMENDED rules are on by default; STRICT ones are for those who ask; OFF ones only for those who name them."""

    RECOMMENDED = "recommended"
    STRICT = "strict"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule yields: a place in its subject's file, and what to say of it.

    ``message`` says what is wrong in one line (Markdown, no trailing full stop); ``why`` why it matters here, naming
    what was seen; ``advice`` what to do, shown where no edit can be offered; ``evidence`` the fact behind it.
    ``subject`` names what it is about in words that survive an edit of the line (a stage's label, a service, a
    variable's name): never a secret's value, never a line number. ``severity`` overrides the rule's own.
    """

    at: Span
    message: str
    subject: str
    why: str = ""
    advice: str = ""
    evidence: str | None = None
    edits: Sequence[Edit] = ()
    severity: Severity | None = None
    confidence: Confidence = Confidence.HIGH
    log: str = ""


Check = Callable[[typing.Any, Facts], Iterator[Problem]]


@dataclass(frozen=True)
class Rule:
    """A declared rule. ``docs`` is the docstring of its function: text for people, and examples that run as tests."""

    name: str
    title: str
    category: Category
    severity: Severity
    set: RuleSet
    aliases: tuple[str, ...]
    fixable: bool
    docs: str
    subject: type
    module: str
    check: Check


def rule(
    name: str,
    *,
    title: str,
    category: Category,
    severity: Severity,
    aliases: Sequence[str] = (),
    fixable: bool = False,
    set: RuleSet = RuleSet.RECOMMENDED,  # noqa: A002 - the word that users read in the configuration
) -> Callable[[Callable[[S, Facts], Iterator[Problem]]], Callable[[S, Facts], Iterator[Problem]]]:
    """Declare the decorated generator as a rule.

    The type of its first parameter is what it judges: it is called once for each of them in every file that
    a change touches. ``fixable`` says that it offers edits (at least when the facts allow).
    """

    def declare(check: Callable[[S, Facts], Iterator[Problem]]) -> Callable[[S, Facts], Iterator[Problem]]:
        first = next(iter(inspect.signature(check).parameters))
        subject = typing.get_type_hints(check)[first]
        declared = Rule(
            name=name,
            title=title,
            category=category,
            severity=severity,
            set=set,
            aliases=tuple(aliases),
            fixable=fixable,
            docs=inspect.cleandoc(check.__doc__ or ""),
            subject=subject,
            module=check.__module__,
            check=check,
        )
        check.__dict__["rule"] = declared
        return check

    return declare
