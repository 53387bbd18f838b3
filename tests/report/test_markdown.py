from __future__ import annotations

from collections.abc import Callable

from report.samples import CLEAN, REVIEW

from reviewbot.report.markdown import markdown_report


def test_shows_every_finding_with_its_lines_and_fix(matches_snapshot: Callable[[str, str], None]) -> None:
    matches_snapshot("report.md", markdown_report(REVIEW))


def test_a_clean_change_gets_one_line() -> None:
    assert markdown_report(CLEAN).count("\n") == 1
