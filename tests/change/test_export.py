"""Build contexts on disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from change.conftest import Scene

from reviewbot.change.export import export_tree
from reviewbot.change.git import Repository
from reviewbot.change.problem import GitProblem
from reviewbot.change.read import read_change


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


def export(scene: Scene, tree: str, destination: Path, folder: str = "", most: int = 1_000_000) -> int:
    return export_tree(Repository(scene.folder), tree, folder, destination, most)


def listing(folder: Path) -> dict[str, tuple[str, object]]:
    found: dict[str, tuple[str, object]] = {}
    for place in sorted(folder.rglob("*")):
        content = place.readlink() if place.is_symlink() else place.read_bytes() if place.is_file() else None
        found[place.relative_to(folder).as_posix()] = (stat.filemode(place.lstat().st_mode), content)
    return found


def test_a_context_is_what_was_committed(scene: Scene, destination: Path) -> None:
    scene.write({"run.sh": "#!/bin/sh\n"})
    (scene.folder / "run.sh").chmod(0o755)
    scene.commit(
        {"Dockerfile": "FROM a\n", "a/b/c.bin": b"\0\xff", "link": Path("a/b"), "out": Path("/etc/passwd"), "none": ""}
    )
    assert export(scene, "HEAD", destination) == 10 + 7 + 2 + 3 + 11
    assert listing(destination) == {
        "Dockerfile": ("-rw-r--r--", b"FROM a\n"),
        "a": ("drwxr-xr-x", None),
        "a/b": ("drwxr-xr-x", None),
        "a/b/c.bin": ("-rw-r--r--", b"\0\xff"),
        "link": ("lrwxrwxrwx", Path("a/b")),
        "none": ("-rw-r--r--", b""),
        "out": ("lrwxrwxrwx", Path("/etc/passwd")),
        "run.sh": ("-rwxr-xr-x", b"#!/bin/sh\n"),
    }


def test_attributes_change_nothing(scene: Scene, destination: Path) -> None:
    attributes = "* text eol=crlf ident export-subst\nsecret export-ignore\n"
    scene.commit({".gitattributes": attributes, "Dockerfile": "FROM a\n# $Id$ $Format:%H$\n", "secret": "s\n"})
    export(scene, "HEAD", destination)
    assert (destination / "Dockerfile").read_bytes() == b"FROM a\n# $Id$ $Format:%H$\n"
    assert (destination / "secret").exists()


def test_two_exports_do_not_differ_in_time(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.commit({"a/b": "x", "link": Path("a")})
    mask = os.umask(0o077)
    try:
        export(scene, "HEAD", (first := tmp_path / "first"))
    finally:
        os.umask(mask)
    export(scene, "HEAD", (second := tmp_path / "second"))
    for folder in (first, second):
        assert {place.lstat().st_mtime for place in (folder, *folder.rglob("*"))} == {0}
    assert listing(first) == listing(second)


@pytest.mark.parametrize("folder", ["services/api", "services/api/", "/services/api"])
def test_one_folder_of_the_tree(scene: Scene, destination: Path, folder: str) -> None:
    scene.commit({"services/api/Dockerfile": "FROM a\n", "services/api2/Dockerfile": "FROM b\n", "top": "x"})
    assert export(scene, "HEAD", destination, folder) == 7
    assert list(listing(destination)) == ["Dockerfile"]


def test_the_working_tree_is_exported_like_a_commit(scene: Scene, destination: Path) -> None:
    scene.commit({"Dockerfile": "FROM a\n", ".gitignore": "*.log\n", "gone": "x"})
    scene.write({"Dockerfile": "FROM b\n", "new": "n", "noise.log": "x", "gone": None})
    with read_change(scene.folder) as read:
        export_tree(read.repository, read.head_tree, "", destination, 1_000)
    assert {name: content for name, (_, content) in listing(destination).items()} == {
        ".gitignore": b"*.log\n",
        "Dockerfile": b"FROM b\n",
        "new": b"n",
    }


def test_odd_names(scene: Scene, destination: Path) -> None:
    names = ["-rf", "new\nline", 'quo"te', "latin-\udce9", "*", "a b"]
    scene.commit(dict.fromkeys(names, "x"))
    export(scene, "HEAD", destination)
    assert {os.fsencode(place.name) for place in destination.iterdir()} == {os.fsencode(name) for name in names}


def test_too_much_is_refused_before_anything_is_written(scene: Scene, destination: Path) -> None:
    scene.commit({"a": b"x" * 600, "b": b"x" * 600})
    with pytest.raises(GitProblem, match="more than 1000 bytes"):
        export(scene, "HEAD", destination, most=1_000)
    assert listing(destination) == {}


@pytest.mark.parametrize("name", ["..", ".git", "a/../../b", "/b", ".git/hooks/x"])
def test_names_that_leave_the_folder_are_refused(scene: Scene, destination: Path, name: str) -> None:
    commit = scene.commit_tree(scene.tree(("100644", scene.blob(b"x"), name)))
    with pytest.raises(GitProblem):
        export(scene, commit, destination)
    assert not (destination.parent / "b").exists()


def test_no_file_is_written_through_a_link(scene: Scene, tmp_path: Path, destination: Path) -> None:
    """Two entries of one name, as no ``git add`` makes them: a link, and a folder with a file."""
    outside = tmp_path / "outside"
    outside.mkdir()
    link, inner = scene.blob(str(outside).encode()), scene.tree(("100644", scene.blob(b"x"), "file"))
    for number, entries in enumerate(
        (
            [("120000", link, "a"), ("40000", inner, "a")],
            [("40000", inner, "a"), ("120000", link, "a")],
            [("100644", link, "a"), ("120000", link, "a"), ("40000", inner, "a")],
            [("120000", link, "a"), ("100644", link, "a/file")],
        )
    ):
        folder = destination / str(number)
        folder.mkdir()
        with pytest.raises(GitProblem, match="cannot be written"):
            export(scene, scene.commit_tree(scene.tree(*entries)), folder)
        assert listing(outside) == {}


@pytest.mark.parametrize("target", [b"with\0nul", b"", b"x" * 5_000])
def test_links_that_cannot_be_made_are_a_message(scene: Scene, destination: Path, target: bytes) -> None:
    commit = scene.commit_tree(scene.tree(("120000", scene.blob(target), "link")))
    with pytest.raises(GitProblem, match="cannot be written"):
        export(scene, commit, destination)


def test_names_that_no_disk_takes_are_a_message(scene: Scene, destination: Path) -> None:
    commit = scene.commit_tree(scene.tree(("100644", scene.blob(b"x"), "n" * 300)))
    with pytest.raises(GitProblem, match="cannot be written"):
        export(scene, commit, destination)


def test_a_submodule_is_an_empty_folder(scene: Scene, destination: Path) -> None:
    commit = scene.commit_tree(scene.tree(("100644", scene.blob(b"x"), "file"), ("160000", "1" * 40, "vendor")))
    export(scene, commit, destination)
    assert listing(destination)["vendor"] == ("drwxr-xr-x", None)
