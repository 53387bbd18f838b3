from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from report.samples import (
    APT_FIX,
    APT_YES,
    BASE,
    CLEAN,
    DOES_NOT_BUILD,
    GROWN,
    HEAD,
    IGNORE_FILE,
    NOT_BUILT,
    PLACED,
    REVIEW,
    UNCHANGED,
    comment,
)

from reviewbot.finding import Notice
from reviewbot.image.model.size import ImageSize
from reviewbot.outcome import Review, Verdict
from reviewbot.report.context import ReportContext
from reviewbot.report.summary import COMMENT_LIMIT, JOB_SUMMARY_LIMIT, summary

POSTED = frozenset(finding.fingerprint for placed in PLACED[:2] for finding in placed.findings)
CONTEXT = ReportContext(
    repository_url="https://github.example.org/acme/shop",
    head_sha=HEAD,
    base_sha=BASE,
    posted=POSTED,
    refused=frozenset({IGNORE_FILE.fingerprint}),
    settled=("`MAINTAINER` is deprecated",),
)
SHRUNK = replace(
    GROWN,
    size=ImageSize(189_400_000, 148_200_000, 120_000_000, 74_800_000),
    layers=(),
    broken_budgets=(),
)
KINDS: dict[str, tuple[Review, ReportContext]] = {
    "problems": (REVIEW, CONTEXT),
    "nothing-posted": (replace(REVIEW, images=()), ReportContext(head_sha=HEAD)),
    "all-inline": (replace(REVIEW, comments=PLACED[:2], suppressed=(), fixed=(), notices=()), CONTEXT),
    "images": (replace(CLEAN, verdict=Verdict.FAIL, images=(GROWN, SHRUNK, NOT_BUILT, DOES_NOT_BUILD)), CONTEXT),
    "clean": (CLEAN, CONTEXT),
}


@pytest.mark.parametrize("kind", KINDS)
def test_tells_what_matters_first(kind: str, matches_snapshot: Callable[[str, str], None]) -> None:
    review, context = KINDS[kind]
    matches_snapshot(f"summary-{kind}.md", summary(review, context=context) + "\n")


@pytest.mark.parametrize(
    "review",
    [
        CLEAN,
        replace(CLEAN, images=()),
        replace(CLEAN, files=(), images=()),
        replace(CLEAN, fixed=(APT_YES,)),
        replace(CLEAN, images=(NOT_BUILT,), notices=(Notice("no Docker Engine answers"),)),
    ],
)
def test_a_clean_change_gets_one_quiet_line(review: Review) -> None:
    said = summary(review, context=ReportContext())
    assert "\n" not in said
    assert not said.startswith("#")
    assert len(said) < 300


def test_a_few_bytes_are_no_change() -> None:
    assert "unchanged" in summary(CLEAN, context=ReportContext())


def test_a_first_image_of_its_kind_is_shown_with_its_size() -> None:
    first = replace(UNCHANGED, size=ImageSize(None, 148_200_000, None, 74_800_000), layers=())
    said = summary(replace(CLEAN, images=(first,)), context=ReportContext())
    assert "| `api` | | 148.2 MB | |" in said


def test_every_finding_is_somewhere() -> None:
    many = [replace(APT_YES, ordinal=n, message=f"problem number {n}.") for n in range(60)]
    review = replace(REVIEW, findings=tuple(many), comments=tuple(comment(finding) for finding in many))
    posted = frozenset(finding.fingerprint for finding in many[:20])
    said = summary(review, context=replace(CONTEXT, posted=posted))
    assert all(f"problem number {n}." in said for n in range(20, 60))
    assert all(f"problem number {n}." not in said for n in range(20))


@pytest.mark.parametrize("limit", [COMMENT_LIMIT, JOB_SUMMARY_LIMIT])
def test_stays_within_what_github_takes(limit: int) -> None:
    long = "`@org` <b> [x](http://y) 🐳" * 200
    many = [replace(APT_YES, ordinal=n, message=long, why=long, advice=long) for n in range(3000)]
    review = replace(
        REVIEW,
        findings=tuple(many),
        fixed=tuple(many),
        comments=tuple(comment(finding) for finding in many),
        notices=tuple(Notice(long, long, n) for n in range(500)),
        images=tuple(replace(GROWN, broken_budgets=(long,) * 5) for _ in range(200)),
    )
    said = summary(review, context=replace(CONTEXT, settled=(long,) * 500), limit=limit)
    assert len(said) <= limit
    assert len(said.encode()) <= 1024 * 1024
    assert said.startswith("### 🐳 3000 problems to fix")
    assert "left out here for their length" in said or limit == JOB_SUMMARY_LIMIT


def test_names_the_command_that_applies_the_diffs_left_out() -> None:
    many = [replace(APT_YES, ordinal=n) for n in range(25)]
    fixes = [replace(APT_FIX, first_line=n, findings=(finding,)) for n, finding in enumerate(many, 1)]
    comments = tuple(comment(finding, suggestion=fix) for finding, fix in zip(many, fixes, strict=True))
    review = replace(REVIEW, findings=tuple(many), comments=comments, suggestions=tuple(fixes), images=())
    context = replace(CONTEXT, posted=frozenset())
    assert f"and 5 more; `reviewbot fix --base {BASE}` applies them all." in summary(review, context=context)
    audit = summary(review, context=replace(context, is_on_change=False))
    assert f"and 5 more; `reviewbot fix --base {BASE} --scope all` applies them all." in audit
