"""Files that a run leaves in a workspace whose contents are a stranger's."""

from __future__ import annotations

from pathlib import Path

from reviewbot.action.delivery import why_not_written


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    place = tmp_path / "report"
    place.write_bytes(b"what was there before")
    assert why_not_written(place, b"new") is None
    assert place.read_bytes() == b"new"


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"theirs")
    place = tmp_path / "report"
    place.symlink_to(other)
    assert why_not_written(place, b"new") == "a symbolic link stands there"
    assert other.read_bytes() == b"theirs"


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    assert why_not_written(tmp_path, b"new") == "Is a directory"
