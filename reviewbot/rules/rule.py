"""What a rule is, and how a module declares one."""

from __future__ import annotations

import enum
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import ParamSpec

import msgspec
from msgspec import field
from msgspec.structs import replace

from reviewbot.facts import Facts, Unreadable
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.ignores import IdleIgnore
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.ignore import IgnoreFile
from reviewbot.source.kinds import matches_path
from reviewbot.source.text import Span

Subject = Dockerfile | Stage | ComposeFile | Service | IgnoreFile | ImageReport | Unreadable | IdleIgnore
"""What a rule may look at: the type of its first parameter decides what it is called with."""

P = ParamSpec("P")


class Category(enum.Enum):
    SECURITY = "security"
    REPRODUCIBILITY = "reproducibility"
    SIZE = "size"
    CACHE = "cache"
    RUNTIME = "runtime"
    CORRECTNESS = "correctness"


class RuleSet(enum.Enum):
    """RECOMMENDED rules are on by default; STRICT ones are for those who ask."""

    RECOMMENDED = "recommended"
    STRICT = "strict"
    NAMED = "named"
    """Only for those who name the rule: it needs options, or is a matter of taste."""


class Problem(msgspec.Struct, frozen=True):
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
    code: str | None = None
    """The number of this very problem, where a rule speaks for a tool that numbers what it finds (``SC2154``)."""


Check = Callable[..., Iterator[Problem]]


class Rule(msgspec.Struct, frozen=True, dict=True):
    """A declared rule, as somebody chose it.

    ``options`` is the type of the options it takes, None for none. ``chosen_severity``, ``chosen_options`` and the
    patterns of paths ``inside`` (none: everywhere) and ``outside`` of which it speaks come from the configuration.
    """

    name: str
    title: str
    category: Category
    severity: Severity
    set: RuleSet
    aliases: tuple[str, ...]
    fixable: bool
    subject: type
    module: str
    check: Check
    options: type[msgspec.Struct] | None = None
    chosen_severity: Severity | None = None
    chosen_options: msgspec.Struct | None = None
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    depends_on_facts: bool = False
    codes: Mapping[str, Severity | bool] = field(default_factory=dict)
    """Choices for single numbers of the tool it speaks for."""
    only_codes: bool = False
    """Whether it speaks of no other numbers than those."""

    @property
    def docs(self) -> str:
        """The docstring of its function: text for people, and examples that run as tests."""
        return inspect.cleandoc(self.check.__doc__ or "")

    @cached_property
    def subjects(self) -> tuple[type, ...]:
        """The types it judges: one, or those of a union."""
        return typing.get_args(self.subject) or (self.subject,)

    def applies_to(self, path: str) -> bool:
        if not self.inside and not self.outside:
            return True
        if self.inside and not any(matches_path(pattern, path) for pattern in self.inside):
            return False
        return not any(matches_path(pattern, path) for pattern in self.outside)

    def problems(self, subject: Subject, facts: Facts) -> Iterator[Problem]:
        """What it says of a subject, with the severity that was chosen for it."""
        if self.options is None:
            found = self.check(subject, facts)
        else:
            found = self.check(subject, facts, self.chosen_options or self.options())
        if self.chosen_severity is not None:
            found = (replace(problem, severity=self.chosen_severity) for problem in found)
        return self._of_codes(found) if self.codes else found

    def _of_codes(self, found: Iterator[Problem]) -> Iterator[Problem]:
        for problem in found:
            choice = self.codes.get(problem.code or "", not self.only_codes)
            if choice is not False:
                yield problem if choice is True else replace(problem, severity=choice)


def rule(
    name: str,
    *,
    title: str,
    category: Category,
    severity: Severity,
    aliases: Sequence[str] = (),
    fixable: bool = False,
    depends_on_facts: bool = False,
    set: RuleSet = RuleSet.RECOMMENDED,  # noqa: A002 - the word that users read in the configuration
) -> Callable[[Callable[P, Iterator[Problem]]], Callable[P, Iterator[Problem]]]:
    """Declare the decorated generator as a rule.

    The type of its first parameter is what it judges: it is called once for each of them in every file that
    a change touches. A third parameter takes the rule's options: a frozen ``msgspec.Struct`` whose fields all have
    defaults. ``fixable`` says that it offers edits (at least when the facts allow); ``depends_on_facts`` that it may be
    silent only because something was not looked up: an ignore comment for it is then never called idle.
    """

    def declare(check: Callable[P, Iterator[Problem]]) -> Callable[P, Iterator[Problem]]:
        first, _, *more = (name for name in check.__annotations__ if name != "return")
        subject = _type_of(check, first)
        declared = Rule(
            name=name,
            title=title,
            category=category,
            severity=severity,
            set=set,
            aliases=tuple(aliases),
            fixable=fixable,
            subject=subject,
            module=check.__module__,
            check=check,
            options=_type_of(check, more[0]) if more else None,
            depends_on_facts=depends_on_facts or subject is ImageReport,
        )
        check.__dict__["rule"] = declared
        return check

    return declare


def _type_of(check: Callable[..., object], parameter: str) -> typing.Any:
    """The type, or union of types, that a parameter is declared with.

    There are more than a hundred rules: only what is asked for is looked up.
    """
    written = check.__annotations__[parameter]
    return check.__globals__[written] if written in check.__globals__ else typing.get_type_hints(check)[parameter]
