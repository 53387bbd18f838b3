"""Which suggestions are to blame when an image breaks with all of them; what builds is told here by a function."""

from __future__ import annotations

import pytest
from core import facts_of
from msgspec.structs import replace
from report.samples import GROWN

from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.model.trial import Edits, Trial
from reviewbot.proven_by_build import MOST_TRIALS, Tried, try_suggestions
from reviewbot.rules.judge import judge
from reviewbot.rules.selection import choose
from reviewbot.suggestion.suggest import suggest

SPEC = ImageSpec(name="app", dockerfile="Dockerfile", context="")


def tried(lines: int, *breaking: int) -> tuple[Tried, int]:
    """A Dockerfile with a suggestion for each of some lines, of which some break the build; and the builds it took."""
    content = "FROM debian:12.5-slim\n" + "".join(f"\nADD file{n} /srv/\n" for n in range(lines)) + "USER app\n"
    facts = facts_of({"Dockerfile": content})
    rules = choose(["add-instead-of-copy"], ())
    suggestions = suggest(judge(["Dockerfile"], facts, rules).active, facts, rules).inline
    assert len(suggestions) == lines
    builds = 0

    def try_build(spec: ImageSpec, edits: Edits) -> Trial:
        nonlocal builds
        builds += 1
        text = edits["Dockerfile"]
        bad = [n for n in breaking if text and f"COPY file{n} " in text.content]
        return Trial(None, f"line {bad[0]} is bad", is_to_blame=True) if bad else Trial(1_000_000, starts=True)

    return try_suggestions(suggestions, replace(facts, reports=(replace(GROWN, spec=SPEC),)), try_build), builds


def test_those_that_cannot_be_applied_together_are_not_said_to_be_built() -> None:
    facts = facts_of({"Dockerfile": "FROM debian:12.5-slim\nADD file /srv/\nUSER app\n"})
    rules = choose(["add-instead-of-copy"], ())
    (one,) = suggest(judge(["Dockerfile"], facts, rules).active, facts, rules).inline
    other = replace(one, replacement="COPY other /srv/\n")
    head = replace(facts, reports=(replace(GROWN, spec=SPEC),))
    outcome = try_suggestions([one, other], head, lambda spec, edits: Trial(1_000_000, starts=True))

    assert (outcome.built, dict(outcome.broken), dict(outcome.sizes)) == (frozenset(), {}, {})


@pytest.mark.parametrize("breaking", [(0,), (7,), (11,), (3, 4)])
def test_those_that_break_an_image_are_told_from_many(breaking: tuple[int, ...]) -> None:
    outcome, builds = tried(12, *breaking)

    assert sorted(outcome.broken.values()) == sorted(f"line {n} is bad" for n in breaking)
    assert len(outcome.started) == 12 - len(breaking)
    assert outcome.sizes[SPEC].count == 12 - len(breaking)
    assert builds <= MOST_TRIALS


def test_one_that_breaks_it_by_itself_is_not_tried_again() -> None:
    outcome, builds = tried(1, 0)

    assert list(outcome.broken.values()) == ["line 0 is bad"]
    assert (outcome.built, builds) == (frozenset(), 1)


def test_too_many_to_try_are_not_said_to_break_it_themselves() -> None:
    outcome, builds = tried(16, *range(16))

    assert builds == MOST_TRIALS
    assert "this one was not tried alone" in " ".join(outcome.broken.values())
    assert len(outcome.broken) == 16
