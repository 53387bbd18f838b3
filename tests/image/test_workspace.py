"""Images of projects that generate files before the build: the head from the workspace, the base from its commit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from image.conftest import commit, git

from reviewbot.change.problem import GitProblem
from reviewbot.change.read import read_change
from reviewbot.change.workspace import export_workspace
from reviewbot.image.model.report import ImageStatus

Change = Callable[..., Any]
FILE = "FROM debian:bookworm-slim\nCOPY . /app/\n"


def listed(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    for path, text in {
        "app/main.py": "m",
        "app/dist/out.js": "generated",
        "app/node_modules/x/y.js": "y" * 100,
        "app/.git/config": "secret",
        "other": "o",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "app/link").symlink_to("/etc/passwd")
    os.mkfifo(root / "app/pipe")
    (root / "app/main.py").chmod(0o777)
    return root


def exported(root: Path, folder: str = "app", max_bytes: int = 1_000) -> dict[str, str]:
    destination = root.parent / "out"
    destination.mkdir()
    export_workspace(root, folder, destination, max_bytes)
    assert {path.lstat().st_mtime for path in destination.rglob("*")} <= {0.0}
    return listed(destination)


def test_what_lies_there_is_copied_but_git_and_what_is_no_file(workspace: Path) -> None:
    assert exported(workspace) == {
        "main.py": "m",
        "dist/out.js": "generated",
        "node_modules/x/y.js": "y" * 100,
        "link": "/etc/passwd",
    }
    assert (workspace.parent / "out/main.py").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ("node_modules\n", {"main.py", "dist/out.js", "link", ".dockerignore"}),
        ("*\n!dist\n", {"dist/out.js"}),
        ("*\n!dist/*.css\n", set()),
    ],
)
def test_what_the_ignore_file_leaves_out_is_not_copied(workspace: Path, ignore: str, left: set[str]) -> None:
    (workspace / "app/.dockerignore").write_text(ignore)
    assert exported(workspace, max_bytes=60).keys() - {".dockerignore"} == left - {".dockerignore"}


def test_where_another_ignore_file_may_count_everything_is_copied(workspace: Path) -> None:
    (workspace / "app/.dockerignore").write_text("*\n")
    (workspace / "app/Dockerfile.dockerignore").write_text("x\n")
    assert "dist/out.js" in exported(workspace)


def test_too_much_and_links_out_of_it_are_refused(workspace: Path) -> None:
    with pytest.raises(GitProblem, match="more than 50 bytes"):
        exported(workspace, max_bytes=50)
    (workspace / "out").symlink_to("/etc")
    with pytest.raises(GitProblem, match="link"):
        export_workspace(workspace, "out", workspace.parent / "out", 1_000_000)


def test_only_a_checkout_of_the_head_is_its_workspace(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for text in ("one", "two", "three"):
        commit(tmp_path, {"a": text})
    for head, expected in (("HEAD", tmp_path), ("HEAD~1", None), (None, tmp_path)):
        with read_change(tmp_path, "HEAD~2", head) as read:
            assert read.workspace == expected


@pytest.mark.engine
def test_the_head_has_what_was_generated_and_the_report_says_so(changed: Change) -> None:
    base = {"Dockerfile": FILE, "a": "", ".gitignore": "generated\n"}
    change = changed(base, {**base, "Dockerfile": FILE + "USER 1\n"}, context="workspace")
    (change.read.workspace / "generated").write_bytes(b"x" * 1_000)
    report = change.report()
    assert report.status is ImageStatus.MEASURED
    assert report.size.difference == 1_000 + len("USER 1\n")
    assert report.notices == (
        "The head was built from the workspace, with the files that were generated there; the base from its commit alone.",
    )


@pytest.mark.engine
def test_a_base_that_lacks_what_is_generated_leaves_the_head_s_size(changed: Change) -> None:
    base = {"Dockerfile": "FROM debian:bookworm-slim\nCOPY generated /g\n", ".gitignore": "generated\n"}
    change = changed(base, {**base, "Dockerfile": base["Dockerfile"] + "USER 1\n"}, context="workspace")
    (change.read.workspace / "generated").write_bytes(b"x" * 1_000)
    report = change.report()
    assert (report.status, report.size.before, report.layers[0].after) == (ImageStatus.MEASURED, None, 1_000)
    assert "The base's image was not built" in report.notices[1]
