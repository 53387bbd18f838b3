"""Comments that keep findings on purpose: ours, and those that people have written for other tools.

Ours is ``# reviewbot: ignore=rule[,rule] reason``, and ``ignore-file=`` for a whole file. On a line of its own a comment
speaks for what follows: an instruction in a Dockerfile, a key with all below it in a Compose file. At the end of a
line it speaks for that line's key. Ours counts only with a reason; a peer's is taken as its tool takes it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping, Set

from msgspec import Struct

from reviewbot.finding import Finding, Suppression
from reviewbot.source.compose import ComposeFile
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span

EVERYTHING = "*"
"""A name that means every rule."""

LONGEST = 2_000
"""Characters of a comment that are looked at."""


class IgnoreComment(Struct, frozen=True):
    """One comment: the names (lower case, or ``EVERYTHING``) that it silences on lines ``first``..``last``.

    ``by`` is the tool it was written for; ``span`` the comment, from its ``#`` to the end of the line.
    """

    names: frozenset[str]
    reason: str
    span: Span
    first: int
    last: int
    by: str = "reviewbot"

    @property
    def counts(self) -> bool:
        return self.by != "reviewbot" or bool(self.reason and self.names)

    def covers(self, finding: Finding) -> bool:
        if not self.counts or not self.first <= finding.location.line <= self.last:
            return False
        return EVERYTHING in self.names or bool(self.names_for(finding))

    def names_for(self, finding: Finding) -> frozenset[str]:
        """Those of its names that mean the finding's rule."""
        return self.names & {name.lower() for name in (finding.rule, *finding.aliases)}

    def suppression(self) -> Suppression:
        return Suppression("comment", self.reason or f"a comment for {self.by}")


class Idleness(enum.Enum):
    """Why one of our comments does nothing."""

    NO_REASON = "no reason"
    UNKNOWN = "unknown"
    NOTHING_TO_SILENCE = "nothing to silence"
    NOT_UNDERSTOOD = "not understood"


class IdleIgnore(Struct, frozen=True):
    """A comment of ours that does nothing; ``names`` are those that are to blame."""

    comment: IgnoreComment
    idleness: Idleness
    names: tuple[str, ...]
    path: str


class _Reach(enum.Enum):
    """What a comment speaks for."""

    BLOCK = enum.auto()
    LINE = enum.auto()
    FILE = enum.auto()


class _Form(Struct, frozen=True):
    """How a tool's comments look: ``names`` and ``reason`` are groups of the pattern where it has them."""

    by: str
    pattern: re.Pattern[str]
    reach: Callable[[re.Match[str]], _Reach]
    without_names: bool = False
    """Whether the comment means every rule when it names none."""


def _form(by: str, pattern: str, reach: _Reach | Callable[[re.Match[str]], _Reach], everything: bool = False) -> _Form:
    return _Form(by, re.compile(pattern, re.I), reach if callable(reach) else lambda match: reach, everything)


def _of_reviewbot(match: re.Match[str]) -> _Reach:
    return _Reach.FILE if match["file"] else _Reach.BLOCK


def _of_dclint(match: re.Match[str]) -> _Reach:
    return _Reach.LINE if match["line"] else _Reach.FILE


_NAMES = r"(?P<names>[\w.-]+(?:[ \t]*,[ \t]*[\w.-]+)*)"
_TRIVY = r"#\s*(?P<names>(?:(?:trivy|tfsec):ignore:\S+[ \t]*)+)"
_ONE_OF_TRIVY = re.compile(r"ignore:(?P<name>[\w*-]+)(?::exp:(?P<until>\d{4}-\d\d-\d\d))?", re.I)
_DIRECTIVE = re.compile(r"#\s*(?:check|escape|syntax)\s*=\s*\S", re.I)
_FORMS = (
    _form("reviewbot", rf"#\s*reviewbot:\s*ignore(?P<file>-file)?={_NAMES}(?P<reason>.*)", _of_reviewbot),
    _form(
        "reviewbot", r"#\s*reviewbot\b:?\s*(?:ignore|disable|skip)(?P<file>-file)?\b", _of_reviewbot, everything=True
    ),
    _form("hadolint", rf"#\s*hadolint\s+global\s+ignore\s*=\s*{_NAMES}", _Reach.FILE),
    _form("hadolint", rf"#\s*hadolint\s+(?:shell=\S+\s+)?ignore\s*=\s*{_NAMES}", _Reach.BLOCK),
    _form("BuildKit", rf"#\s*check\s*=(?:[^;]*;)*\s*skip\s*=\s*{_NAMES}", _Reach.FILE),
    _form("Checkov", r"#\s*checkov:skip=(?P<names>\w+)(?::(?P<reason>.*))?", _Reach.FILE),
    _form("Trivy", _TRIVY, _Reach.BLOCK),
    _form("KICS", r"#\s*kics-scan\s+ignore-line\b", _Reach.LINE, everything=True),
    _form("KICS", r"#\s*kics-scan\s+ignore-block\b", _Reach.BLOCK, everything=True),
    _form("KICS", r"#\s*kics-scan\s+ignore\s*$", _Reach.FILE, everything=True),
    _form("KICS", rf"#\s*kics-scan\s+disable\s*=\s*{_NAMES}", _Reach.FILE),
    _form("Semgrep", rf"#\s*nosem(?:grep)?\b(?:\s*:\s*{_NAMES})?", _Reach.BLOCK, everything=True),
    _form("dclint", r"#\s*dclint\s+disable(?P<line>-line)?(?:\s+(?P<names>[\w-]+))?\s*$", _of_dclint, everything=True),
)


_SEMGREP_BEHIND = re.compile(r"(?<=[^\s#])[ \t]{1,99}(?P<comment>#[ \t]*nosem(?:grep)?\b[^\n]*)")


def ignores_in(source: Dockerfile | ComposeFile, today: str = "") -> tuple[IgnoreComment, ...]:
    """Every such comment of a file, those of ours without a reason too; ``today`` (``YYYY-MM-DD``) ends those of Trivy
    that say until when they hold."""
    comments = (*source.comments, *_at_ends_of_lines(source)) if isinstance(source, Dockerfile) else source.comments
    return tuple(ignore for comment in comments if (ignore := _read(source, comment, today)))


def _at_ends_of_lines(source: Dockerfile) -> Iterator[Span]:
    """Semgrep's comments behind an instruction, which only the shell may take for comments."""
    if "nosem" not in source.text.content:
        return
    whole = {source.text.line_of(comment.start) for comment in source.comments}
    for match in _SEMGREP_BEHIND.finditer(source.text.content):
        if source.text.line_of(match.start()) not in whole:
            yield Span(*match.span("comment"))


def _read(source: Dockerfile | ComposeFile, comment: Span, today: str) -> IgnoreComment | None:
    text = source.text[comment][:LONGEST]
    for form in _FORMS:
        match = form.pattern.match(text)
        if match is None:
            continue
        if form.by == "BuildKit" and not _is_directive(source, comment):
            continue
        groups = match.groupdict()
        names = frozenset(_spelled(name, form.by) for name in _names(groups.get("names") or "", form.by, today))
        if not names - {""}:
            if not form.without_names:
                continue
            names = frozenset({EVERYTHING} if form.by != "reviewbot" else ())
        first, last = _lines(source, comment, form.reach(match))
        return IgnoreComment(names - {""}, (groups.get("reason") or "").strip(), comment, first, last, form.by)
    return None


def _is_directive(source: Dockerfile | ComposeFile, comment: Span) -> bool:
    """Whether a comment stands where BuildKit looks for directives: at the head, with nothing but others before it."""
    if not isinstance(source, Dockerfile):
        return False
    before = source.text[Span(0, comment.start)].removeprefix("\ufeff").splitlines()
    return all(_DIRECTIVE.match(line.strip()) or (n == 0 and line.startswith("#!")) for n, line in enumerate(before))


def _names(written: str, by: str, today: str) -> list[str]:
    """The names of a comment, without those of Trivy that have run out."""
    if by != "Trivy":
        return re.split(r"[ \t]*,[ \t]*", written)
    found = _ONE_OF_TRIVY.finditer(written)
    return [match["name"] for match in found if not match["until"] or not today or today <= match["until"]]


def _spelled(name: str, by: str) -> str:
    """A name as the catalogue spells it: ``skip=all`` is everything, and of Semgrep's names, which begin with the
    folders of its registry, the last part is the rule."""
    lower = name.strip().lower()
    if lower == "all" and by == "BuildKit":
        return EVERYTHING
    if by == "Semgrep":
        lower = lower.rpartition(".")[2]
    return trivys_spelling(lower)


def trivys_spelling(name: str) -> str:
    """A lower-case name, those that Trivy has called otherwise as it calls them now: ``avd-ds-0002``, ``ds002``."""
    trivy = re.fullmatch(r"(?:avd-)?ds-?(\d{3,4})", name)
    return f"ds-{int(trivy[1]):04}" if trivy else name


def _lines(source: Dockerfile | ComposeFile, comment: Span, reach: _Reach) -> tuple[int, int]:
    line = source.text.line_of(comment.start)
    if reach is _Reach.FILE:
        return 1, source.text.line_count
    if isinstance(source, Dockerfile):
        return _instruction_lines(source, line)
    first, last = _block_lines(source, line)
    return (first, first) if reach is _Reach.LINE else (first, last)


def _instruction_lines(source: Dockerfile, line: int) -> tuple[int, int]:
    for instruction in source.instructions:
        if line <= instruction.end_line:
            return instruction.line, instruction.end_line
    return line, line


def _block_lines(source: ComposeFile, line: int) -> tuple[int, int]:
    text = source.text
    first = line
    while first < text.line_count and text.line_text(first).lstrip().startswith(("#", "\ufeff#")):
        first += 1
    depth = len(text.indentation(first))
    last = first
    for following in range(first + 1, text.line_count + 1):
        content = text.line_text(following)
        if content.strip() and len(text.indentation(following)) <= depth:
            break
        last = following
    return first, last


def idle_ignores(
    comments: tuple[IgnoreComment, ...],
    path: str,
    used: Mapping[IgnoreComment, Set[str]],
    known: Callable[[str], bool],
    could_silence: Callable[[str], bool],
) -> Iterator[IdleIgnore]:
    """Those of our comments that do nothing, or that have names that do nothing.

    ``used`` are the names of each that silenced something. ``known`` tells whether a name means a rule at all;
    ``could_silence`` whether its rules ran here and would have spoken if there were something to say: where they did not,
    nothing is known of the comment.
    """
    for comment in comments:
        if comment.by != "reviewbot":
            continue
        unknown = tuple(sorted(name for name in comment.names if not known(name)))
        idle = tuple(sorted(comment.names - used.get(comment, frozenset())))
        if not comment.names:
            yield IdleIgnore(comment, Idleness.NOT_UNDERSTOOD, (), path)
        elif not comment.reason:
            yield IdleIgnore(comment, Idleness.NO_REASON, tuple(sorted(comment.names)), path)
        elif unknown:
            yield IdleIgnore(comment, Idleness.UNKNOWN, unknown, path)
        elif idle and all(could_silence(name) for name in idle):
            yield IdleIgnore(comment, Idleness.NOTHING_TO_SILENCE, idle, path)
