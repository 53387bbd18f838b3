"""The core without git: versions of a repository as dictionaries, and rules small enough to see through."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from hypothesis import strategies as st

from reviewbot.change.model import Change, ChangedFile, Hunk, Status
from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import ImageSize, LayerDelta
from reviewbot.image.model.spec import ImageSpec
from reviewbot.outcome import Review
from reviewbot.review import review
from reviewbot.rules.rule import Category, Problem, Rule, RuleSet
from reviewbot.settings import Settings
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.kinds import kind_of
from reviewbot.source.text import Span, Text

Files = Mapping[str, str]


class Version:
    """A tree that is held in memory."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def paths(self) -> Iterator[str]:
        return iter(sorted(self._files))

    def size(self, path: str) -> int | None:
        text = self.read(path)
        return len(text.to_bytes()) if text else None

    def read(self, path: str) -> Text | None:
        return Text(path, self._files[path]) if path in self._files else None


def facts_of(files: Files) -> Facts:
    kinds = {path: kind for path in files if (kind := kind_of(path))}
    return Facts.gather(Version(files), kinds, [Text(path, files[path]) for path in kinds])


def measured(size: ImageSize, *broken: str, fails: bool = True, layers: tuple[LayerDelta, ...] = ()) -> ImageReport:
    """The image of the Dockerfile in the root, with what budgets that it breaks say."""
    return ImageReport(
        ImageSpec("app", "Dockerfile", ""),
        ImageStatus.MEASURED,
        "linux/amd64",
        size=size,
        layers=layers,
        broken_budgets=broken,
        budgets_fail=fails,
    )


def change_between(base: Files, head: Files, renamed: Mapping[str, str] | None = None) -> Change:
    """The change as git tells it; ``renamed`` maps new paths to old ones."""
    renamed = renamed or {}
    gone = set(renamed.values())
    files = []
    for path in sorted({*base, *head} - (gone - head.keys())):
        old_path = renamed.get(path, path)
        was, now = base.get(old_path), head.get(path)
        if was == now and old_path == path:
            continue
        status = Status.DELETED if now is None else Status.ADDED if was is None else Status.MODIFIED
        before = None if was is None else Text(old_path, was)
        after = None if now is None else Text(path, now)
        files.append(
            ChangedFile(
                Status.RENAMED if path in renamed else status,
                path,
                renamed.get(path),
                before,
                after,
                hunks_between(was or "", now or ""),
            )
        )
    return Change("b" * 40, "a" * 40, tuple(files), Version(base), Version(head))


def hunks_between(before: str, after: str, context: int = 3) -> tuple[Hunk, ...]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    hunks = []
    for group in matcher.get_grouped_opcodes(context):
        deleted = [n + 1 for tag, a, b, _, _ in group if tag != "equal" for n in range(a, b)]
        added = [n + 1 for tag, _, _, a, b in group if tag != "equal" for n in range(a, b)]
        (_, old_first, _, new_first, _), (_, _, old_last, _, new_last) = group[0], group[-1]
        hunks.append(Hunk(old_first + 1, old_last, new_first + 1, new_last, tuple(deleted), tuple(added)))
    return tuple(hunks)


def reviewed(
    base: Files,
    head: Files,
    rules: Sequence[Rule],
    *,
    renamed: Mapping[str, str] | None = None,
    within: Sequence[str] = (),
    **settings: object,
) -> Review:
    change = change_between(base, head, renamed)
    given = Settings(**settings)  # type: ignore[arg-type]
    return review(change, facts_of(base), facts_of(head), given, rules, within=within)


Check = Callable[[Dockerfile], Iterator[Problem]]


def toy(name: str, check: Check, severity: Severity = Severity.WARNING) -> Rule:
    """A rule about Dockerfiles."""

    def run(dockerfile: Dockerfile, _: Facts) -> Iterator[Problem]:
        return check(dockerfile)

    return Rule(name, name, Category.CORRECTNESS, severity, RuleSet.RECOMMENDED, (), True, Dockerfile, __name__, run)


def replacing(name: str, pattern: str, replacement: str, severity: Severity = Severity.WARNING) -> Rule:
    """Every match is a finding, and its fix puts the replacement in its place (groups as ``\\1``)."""

    def check(dockerfile: Dockerfile) -> Iterator[Problem]:
        text = dockerfile.text
        for match in re.finditer(pattern, text.content):
            span = Span(*match.span())
            edit = Edit(text.path, span, match.expand(replacement))
            yield Problem(span, f"`{name}`", name, edits=[edit], confidence=Confidence.HIGH)

    return toy(name, check, severity)


def inserting(name: str, pattern: str, insertion: str, severity: Severity = Severity.WARNING) -> Rule:
    """Every match is a finding, and its fix inserts something behind it."""

    def check(dockerfile: Dockerfile) -> Iterator[Problem]:
        text = dockerfile.text
        for match in re.finditer(pattern, text.content):
            edit = Edit(text.path, Span(match.end(), match.end()), insertion)
            yield Problem(Span(*match.span()), f"`{name}`", name, edits=[edit])

    return toy(name, check, severity)


def wanting(name: str, pattern: str, severity: Severity = Severity.WARNING) -> Rule:
    """A finding at the first line, without a fix, where nothing matches."""

    def check(dockerfile: Dockerfile) -> Iterator[Problem]:
        if not re.search(pattern, dockerfile.text.content, re.MULTILINE):
            yield Problem(dockerfile.instructions[0].span, f"no `{pattern}`", name)

    return toy(name, check, severity)


def at_most(number: int, pattern: str, name: str = "at-most") -> Rule:
    """A finding at the first line, without a fix, where more match than that."""

    def check(dockerfile: Dockerfile) -> Iterator[Problem]:
        if len(re.findall(pattern, dockerfile.text.content)) > number:
            yield Problem(dockerfile.instructions[0].span, f"too many `{pattern}`", name)

    return toy(name, check)


def scattered(*lines: int) -> Rule:
    """A fix that writes `new` in several lines at once."""

    def check(dockerfile: Dockerfile) -> Iterator[Problem]:
        text = dockerfile.text
        spans = [text.line_span(line) for line in lines if text.line_text(line) == "RUN old"]
        edits = [Edit(text.path, Span(span.start + 4, span.start + 7), "new") for span in spans]
        if edits:
            yield Problem(spans[0], "scattered", "file", edits=edits)

    return toy("scattered", check)


BAD = replacing("bad", r"\bbad\b", "good")
UGLY = replacing("ugly", r"\bugly\b", "fair")

WORDS = ["bad", "ugly", "keep", "bad ugly", "ugly \\\n  bad", "keep # not a comment"]
FILES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).flatmap(
    lambda words: st.sampled_from(["\n", "\r\n"]).map(
        lambda end: "FROM a\n".replace("\n", end) + "".join(f"RUN {word}\n".replace("\n", end) for word in words)
    )
)
"""Dockerfiles with words that these two rules mend."""
