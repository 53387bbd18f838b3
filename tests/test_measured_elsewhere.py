"""Files of other jobs, found by patterns of the workflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewbot.measured_elsewhere import read_elsewhere


@pytest.mark.parametrize("pattern", ["", "a**", "../*", "/tmp/*", "none/*.json"])
def test_a_pattern_that_matches_nothing_or_is_none_is_said(tmp_path: Path, pattern: str) -> None:
    (said,) = read_elsewhere(tmp_path, [pattern], "a" * 40, "b" * 40).notices
    assert said.message.startswith("No file matches `measured: ")


def test_what_is_no_handover_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("{}")
    (tmp_path / "two.json").symlink_to("one.json")
    said = [notice.message for notice in read_elsewhere(tmp_path, ["*.json"], "a" * 40, "b" * 40).notices]
    assert said[0].startswith("one.json was not used: it is no file of `mode: measure`: ")
    assert said[1] == "two.json was not used: it is no file."
