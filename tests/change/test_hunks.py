"""Hunks and line numbers, held against what ``git diff`` itself says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from change.conftest import Scene
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewbot.change import hunks as hunks_module
from reviewbot.change.git import Repository
from reviewbot.change.hunks import BlobPair, hunks_between, whole
from reviewbot.change.model import ChangedFile, Hunk, Status
from reviewbot.source.text import Text

LINES = st.sampled_from(
    ["", "a", "b", "c", "    b", "}", "\r", "é", "\0", "-- x", "++ y", "@@ -1,2 +3,4 @@", "diff --git a/00000001 b/1"]
)
SIDE = st.tuples(st.lists(LINES, max_size=30), st.booleans()).map(
    lambda side: "\n".join(side[0]) + ("\n" if side[1] and side[0] else "")
)


def edited(lines: list[str]) -> st.SearchStrategy[list[str]]:
    """A text that shares most with another one, as real changes do."""
    return st.lists(st.tuples(st.integers(0, max(0, len(lines))), st.booleans(), LINES), max_size=4).map(
        lambda edits: _edit(lines, edits)
    )


def _edit(lines: list[str], edits: list[tuple[int, bool, str]]) -> list[str]:
    changed = list(lines)
    for position, is_insertion, line in edits:
        changed[position : position + (not is_insertion)] = [line] if is_insertion else []
    return changed


NEAR = (
    st.lists(LINES, min_size=5, max_size=60)
    .flatmap(lambda lines: st.tuples(st.just(lines), edited(lines)))
    .map(lambda both: ("\n".join(both[0]) + "\n", "\n".join(both[1]) + "\n"))
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("store")
    Scene(folder).git("init", "--quiet")
    return Repository(folder)


def between(store: Repository, texts: list[tuple[str, str]]) -> list[ChangedFile]:
    """Each pair as a changed file."""
    pairs = []
    for texts_of_pair in texts:
        blobs = [
            store.run("hash-object", "-w", "--stdin", stdin=text.encode()).decode().strip() for text in texts_of_pair
        ]
        pairs.append(BlobPair(blobs[0], blobs[1], 100))
    found = hunks_between(store, pairs)
    return [
        ChangedFile(Status.MODIFIED, "f", None, Text("f", old), Text("f", new), hunks)
        for (old, new), hunks in zip(texts, found, strict=True)
    ]


def git_headers(folder: Path, old: str, new: str) -> list[tuple[int, int, int, int]]:
    """What git's own ``@@`` lines say, read without looking at the lines between them: those all have a prefix."""
    (folder / "old").write_bytes(old.encode())
    (folder / "new").write_bytes(new.encode())
    command = ["git", "diff", "--no-index", "--text", "-U3", "--no-color", "old", "new"]
    diff = subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout
    headers = [
        re.match(rb"@@ -(\d+),?(\d*) \+(\d+),?(\d*) @@", line) for line in diff.split(b"\n") if line[:2] == b"@@"
    ]
    return [(int(h[1]), int(h[2] or 1), int(h[3]), int(h[4] or 1)) for h in headers if h]


def check(changed: ChangedFile, headers: list[tuple[int, int, int, int]]) -> None:
    assert changed.before is not None
    assert changed.after is not None
    old = changed.before.content.split("\n")
    new = changed.after.content.split("\n")
    spans = [(h.old_last - h.old_first + 1, h.new_last - h.new_first + 1) for h in changed.hunks]
    assert spans == [(old_count, new_count) for _, old_count, _, new_count in headers]
    kept = []
    for line in range(1, changed.after.line_count + 1):
        held = [h for h in headers if h[2] <= line < h[2] + h[3]]
        hunk = changed.hunk_of(line, line)
        assert (hunk is not None) == bool(held)
        before = changed.old_line(line)
        assert (before is None) == changed.is_added_line(line)
        if before is not None:
            # Lines that correspond are equal, the last one perhaps but for its missing newline.
            assert old[before - 1] == new[line - 1]
            kept.append(before)
            if hunk is not None:
                assert changed.old_hunk_of(before, before) == hunk
    deleted = [line for hunk in changed.hunks for line in hunk.deleted]
    assert kept == sorted(set(kept))
    assert sorted([*kept, *deleted]) == list(range(1, changed.before.line_count + 1))
    for line in range(1, changed.before.line_count + 1):
        assert (changed.old_hunk_of(line, line) is not None) == any(h[0] <= line < h[0] + h[1] for h in headers)
    for one, other in zip(changed.hunks, changed.hunks[1:], strict=False):
        assert changed.hunk_of(one.new_last, other.new_first) is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NEAR | st.tuples(SIDE, SIDE), min_size=1, max_size=8))
def test_hunks_and_lines_are_those_of_git(
    store: Repository, tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for (old, new), changed in zip(texts, between(store, texts), strict=True):
        check(changed, git_headers(folder, old, new))


def test_one_line_far_from_the_others(store: Repository) -> None:
    old = "".join(f"line {n}\n" for n in range(1, 41))
    new = old.replace("line 10\n", "line ten\n").replace("line 30\n", "line 30\nline 30.5\n")
    (changed,) = between(store, [(old, new)])
    assert changed.hunks == (
        Hunk(7, 13, 7, 13, (10,), (10,)),
        Hunk(28, 33, 28, 34, (), (31,)),
    )
    assert [changed.old_line(line) for line in (1, 10, 11, 20, 30, 31, 32, 41)] == [1, None, 11, 20, 30, None, 31, 40]
    assert changed.hunk_of(7, 13) == changed.hunks[0]
    assert changed.hunk_of(6, 8) is None
    assert changed.hunk_of(12, 29) is None
    assert changed.old_hunk_of(33, 33) == changed.hunks[1]
    assert changed.old_hunk_of(34, 34) is None


def test_deleted_lines_at_both_ends(store: Repository) -> None:
    (changed,) = between(store, [("a\nb\nc\nd\n", "b\nc\n")])
    assert changed.hunks == (Hunk(1, 4, 1, 2, (1, 4), ()),)
    assert [changed.old_line(line) for line in (1, 2)] == [2, 3]


def test_a_file_that_lost_all_and_one_that_had_nothing(store: Repository) -> None:
    emptied, filled = between(store, [("a\nb\n", ""), ("", "a\nb")])
    assert emptied.hunks == (Hunk(1, 2, 1, 0, (1, 2), ()),)
    assert emptied.old_hunk_of(1, 2) is not None
    assert emptied.hunk_of(1, 1) is None
    assert filled.hunks == (Hunk(1, 0, 1, 2, (), (1, 2)),)
    assert filled.old_hunk_of(1, 1) is None


def test_a_newline_at_the_end_is_a_change(store: Repository) -> None:
    (changed,) = between(store, [("a\nb", "a\nb\n")])
    assert changed.hunks == (Hunk(1, 2, 1, 2, (2,), (2,)),)


def test_many_files_are_compared_in_several_goes(store: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunks_module, "_BATCH", 250)
    changed = between(store, [(f"{n}\n", f"{n}\nnew\n" if n % 3 else f"{n}\n") for n in range(12)])
    assert [len(file.hunks) for file in changed] == [0, 1, 1] * 4


@pytest.mark.parametrize(
    ("old", "new", "hunks"),
    [
        (None, "a\nb\n", (Hunk(1, 0, 1, 2, (), (1, 2)),)),
        ("a\nb", None, (Hunk(1, 2, 1, 0, (1, 2), ()),)),
        (None, "", ()),
    ],
)
def test_a_file_that_comes_or_goes_is_one_hunk(old: str | None, new: str | None, hunks: tuple[Hunk, ...]) -> None:
    assert whole(*(None if content is None else Text("f", content) for content in (old, new))) == hunks
