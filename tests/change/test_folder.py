"""Files as they stand, without git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reviewbot.change.content import SIZE_LIMIT
from reviewbot.change.folder import EmptyTree, FolderTree, everything
from reviewbot.change.model import Hunk, Status


def test_a_folder_is_a_tree_of_its_files(tmp_path: Path) -> None:
    for path in ("Dockerfile", "b/c/Dockerfile", "node_modules/x/Dockerfile", ".git/Dockerfile", "latin-\udce9"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("FROM a\n")
    (tmp_path / "link").symlink_to("Dockerfile")
    (tmp_path / "dangling").symlink_to("none")
    (tmp_path / "folder").symlink_to("b")
    os.mkfifo(tmp_path / "pipe")
    tree = FolderTree(tmp_path)
    assert sorted(tree.paths()) == ["Dockerfile", "b/c/Dockerfile", "latin-\udce9"]
    assert (tree.size("Dockerfile"), tree.size("link"), tree.size("folder/c/Dockerfile")) == (7, None, None)
    text = tree.read("b/c/Dockerfile")
    assert text is not None
    assert text.content == "FROM a\n"
    assert tree.read("../outside") is None


def test_all_files_count_as_added(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nUSER b\n")
    change = everything(FolderTree(tmp_path), ["Dockerfile"])
    (file,) = change.files
    assert (change.base, change.head, file.status, file.hunks) == (
        None,
        None,
        Status.ADDED,
        (Hunk(1, 0, 1, 2, (), (1, 2)),),
    )
    assert (file.old_line(2), file.is_added_line(2), file.hunk_of(1, 2)) == (None, True, file.hunks[0])
    assert list(change.base_tree.paths()) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"FROM a\0", "it is a binary file"),
        (b"#" * (SIZE_LIMIT + 1), "it is larger than 2 MiB"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "it is kept in Git LFS"),
        (None, "there is no such file"),
    ],
)
def test_what_is_not_read_says_why(tmp_path: Path, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / "Dockerfile").write_bytes(content)
    (file,) = everything(FolderTree(tmp_path), ["Dockerfile"]).files
    assert not file.is_readable
    assert (file.reason or "").startswith(why)


def test_a_file_that_goes_away_in_the_meantime(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    tree = FolderTree(tmp_path)
    assert list(tree.paths()) == ["Dockerfile"]
    (tmp_path / "Dockerfile").unlink()
    assert tree.read("Dockerfile") is None
    assert everything(tree, ["Dockerfile"]).files[0].reason == "it cannot be read"


def test_nothing_is_in_the_empty_tree() -> None:
    tree = EmptyTree()
    assert (list(tree.paths()), tree.size("a"), tree.read("a")) == ([], None, None)
