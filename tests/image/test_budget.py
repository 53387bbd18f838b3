from __future__ import annotations

import pytest
from core import change_between, facts_of, measured
from msgspec.structs import replace

from reviewbot.finding import Severity
from reviewbot.image.bytes import parse_bytes
from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta
from reviewbot.image.size.budget import broken_budgets
from reviewbot.outcome import Verdict
from reviewbot.review import review
from reviewbot.rules.catalogue import rules_named
from reviewbot.settings import Settings


def size(before: int | None, after: int) -> ImageSize:
    return ImageSize(before, after, before, after)


@pytest.mark.parametrize(
    ("limit", "within", "over"),
    [("100MB", 100_000_000, 100_000_001), ("1.5 kB", 1_500, 1_501), ("1KiB", 1_024, 1_025), ("0", 0, 1)],
)
def test_a_size_limit_is_broken_by_one_byte_more(limit: str, within: int, over: int) -> None:
    assert broken_budgets(size(None, within), limit, None) == ()
    assert len(broken_budgets(size(None, over), limit, None)) == 1


@pytest.mark.parametrize(
    ("limit", "within", "over"),
    [("20MB", 120_000_000, 120_000_001), ("5%", 105_000_000, 105_000_001), ("0.1 %", 100_100_000, 100_100_001)],
)
def test_an_increase_is_a_size_or_a_share(limit: str, within: int, over: int) -> None:
    assert broken_budgets(size(100_000_000, within), None, limit) == ()
    assert len(broken_budgets(size(100_000_000, over), None, limit)) == 1


def test_a_smaller_image_breaks_no_limit_on_growth() -> None:
    assert broken_budgets(size(100, 50), None, "0%") == ()


def test_growth_needs_something_to_grow_from() -> None:
    assert broken_budgets(size(None, 10**9), None, "1MB") == ()


def test_both_limits_are_told_in_words() -> None:
    assert broken_budgets(size(148_200_000, 189_400_000), "180MB", "20MB") == (
        "It is 189.4 MB, 9.4 MB over the limit of 180.0 MB.",
        "It grows by 41.2 MB, 21.2 MB more than the 20.0 MB allowed.",
    )


@pytest.mark.parametrize("text", ["", "much", "-1MB", "10 XB", "1iB", "MB", "1e9", "٣MB", "5%%", "1_000"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_bytes(text)
    with pytest.raises(ValueError, match="is not a size"):
        broken_budgets(size(1, 2), None, text)


@pytest.mark.parametrize(("over_budget", "verdict"), [("fail", Verdict.FAIL), ("warn", Verdict.PASS)])
def test_a_broken_budget_fails_the_review_or_warns(over_budget: str, verdict: Verdict) -> None:
    files = {"Dockerfile": "FROM debian:12.5-slim\nRUN make\n"}
    made = LayerDelta("RUN make", 2, None, 100, LayerChange.ADDED)
    report = measured(ImageSize(100, 200, 100, 100), "It grows.", fails=over_budget == "fail", layers=(made,))
    head = replace(facts_of(files), reports=(report,))
    told = review(change_between({}, files), facts_of({}), head, Settings(), rules_named("image-growth"))
    (found,) = told.findings
    assert (found.severity, found.location.line) == (
        Severity.ERROR if verdict is Verdict.FAIL else Severity.WARNING,
        2,
    )
    assert told.verdict is verdict
