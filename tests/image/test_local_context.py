"""The build context of a folder that lies on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewbot.change.folder import FolderTree
from reviewbot.change.problem import GitProblem
from reviewbot.image.build.local_context import copy_context, ignore_of
from reviewbot.image.model.spec import ImageSpec


def copied(tmp_path: Path, ignore: str, *paths: str, context: str = "", limit: int = 1_000) -> list[str]:
    root, destination = tmp_path / "root", tmp_path / "copy"
    for path in (*paths, f"{context}/.dockerignore".lstrip("/")):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(ignore if place.name == ".dockerignore" else "12345")
    (root / context / "link").symlink_to("/etc")
    tree = FolderTree(root)
    found = ignore_of(ImageSpec("x", f"{context}/Dockerfile".lstrip("/"), context), tree)
    copy_context(root, found, context, context, destination, limit)
    return sorted(
        p.relative_to(destination).as_posix() for p in destination.rglob("*") if not p.is_dir() or p.is_symlink()
    )


def test_what_is_ignored_and_git_s_own_files_stay_away(tmp_path: Path) -> None:
    paths = (".git/config", "app/.git", "app/main.py", "node_modules/a/index.js", "big.log", "Dockerfile")
    assert copied(tmp_path, "node_modules\n*.log\n", *paths) == [".dockerignore", "Dockerfile", "app/main.py", "link"]


def test_what_is_let_in_again_comes_along(tmp_path: Path) -> None:
    paths = ("src/a.py", "docs/a.md", "docs/kept/b.md")
    assert copied(tmp_path, "*\n!docs/kept\n", *paths) == [".dockerignore", "docs/kept/b.md"]


def test_only_what_is_copied_counts_for_the_limit(tmp_path: Path) -> None:
    paths = ("sub/data/1", "sub/data/2", "sub/a")
    assert copied(tmp_path / "within", "data\n", *paths, context="sub", limit=10) == [".dockerignore", "a", "link"]
    with pytest.raises(GitProblem, match="more than 10 bytes"):
        copied(tmp_path / "over", "\n", *paths, context="sub", limit=10)
