from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from report.samples import APT_YES, CLEAN, NON_ROOT, REMOVED_USER, REVIEW

from reviewbot.report.annotations import workflow_commands


def test_one_command_a_finding_the_most_severe_first(matches_snapshot: Callable[[str, str], None]) -> None:
    matches_snapshot("annotations.txt", workflow_commands(replace(REVIEW, findings=(*REVIEW.findings, REMOVED_USER))))


def test_a_name_cannot_add_a_property_or_a_command() -> None:
    name = "a,line=9::b\n::set-output name=x::y%0A\r"
    finding = replace(APT_YES, location=replace(APT_YES.location, path=name), message=f"x\n::error::{name}")
    said = workflow_commands(replace(CLEAN, findings=(finding,)))
    assert said.count("\n") == 1
    assert "\r" not in said
    assert said.startswith("::error file=a%2Cline=9%3A%3Ab%0A%3A%3Aset-output name=x%3A%3Ay%250A%0D,line=2,")


def test_columns_are_left_out_over_several_lines() -> None:
    finding = replace(NON_ROOT, location=replace(NON_ROOT.location, end_line=7))
    assert ",col=" not in workflow_commands(replace(CLEAN, findings=(finding,)))
