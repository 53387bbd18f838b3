"""The working tree as it stands: what a commit of everything would hold, without making one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from change.conftest import Scene

from reviewbot.change import snapshot
from reviewbot.change.model import Status
from reviewbot.change.read import read_change


def changes(scene: Scene) -> dict[str, str | None]:
    """The changed files' texts by path, None for those that went away or are not read."""
    with read_change(scene.folder) as read:
        return {f.path: f.after.content if f.after else None for f in read.change.files}


@pytest.fixture
def started(scene: Scene) -> Scene:
    scene.commit({"Dockerfile": "FROM a\n", "compose.yaml": "services: {}\n", "app/main.py": "pass\n"})
    return scene


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_staged_unstaged_and_untracked_all_count(started: Scene) -> None:
    started.write({"Dockerfile": "FROM staged\n"})
    started.git("add", "Dockerfile")
    started.write({"Dockerfile": "FROM staged and more\n", "compose.yaml": None, "new/Dockerfile": "FROM new\n"})
    assert changes(started) == {
        "Dockerfile": "FROM staged and more\n",
        "compose.yaml": None,
        "new/Dockerfile": "FROM new\n",
    }


def test_ignored_files_do_not_count(started: Scene) -> None:
    (started.folder / ".git/info").mkdir(exist_ok=True)
    (started.folder / ".git/info/exclude").write_text("mine.dockerfile\n")
    names = ["build/Dockerfile", "mine.dockerfile", "other.dockerfile"]
    started.write({".gitignore": "build/\n", **dict.fromkeys(names, "FROM a\n")})
    assert changes(started) == {".gitignore": None, "other.dockerfile": "FROM a\n"}


def test_what_the_user_ignores_everywhere_does_not_count(
    started: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ignored").write_text("*.local.dockerfile\n")
    (tmp_path / "gitconfig").write_text(f'[core]\n\texcludesFile = "{tmp_path}/ignored"\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    started.write({"a.local.dockerfile": "FROM a\n", "b.dockerfile": "FROM b\n"})
    assert changes(started) == {"b.dockerfile": "FROM b\n"}


def test_nothing_is_written_to_the_repository(started: Scene) -> None:
    started.write({"Dockerfile": "FROM b\n", "new.dockerfile": "FROM new\n", "link": Path("/etc/passwd")})
    before = everything_below(started.folder)
    assert set(changes(started)) == {"Dockerfile", "new.dockerfile", "link"}
    assert everything_below(started.folder) == before


def test_a_touched_file_is_no_change(started: Scene) -> None:
    os.utime(started.folder / "Dockerfile", (1, 1))
    with read_change(started.folder) as read:
        assert read.change.files == ()
        assert read.change.head == started.git("rev-parse", "HEAD")


def test_links_are_links_and_never_followed(started: Scene, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "Dockerfile").write_text("FROM secret\n")
    started.commit({"sub/Dockerfile": "FROM a\n"})
    started.write({"sub/Dockerfile": None})
    (started.folder / "sub").rmdir()
    started.write({"sub": tmp_path / "outside", "Dockerfile": tmp_path / "outside" / "Dockerfile"})
    with read_change(started.folder) as read:
        found = {f.path: (f.status, f.after, f.reason) for f in read.change.files}
        assert read.change.head_tree.read("sub/Dockerfile") is None
    assert found["sub/Dockerfile"][:2] == (Status.DELETED, None)
    assert found["sub"][1] is None
    assert found["Dockerfile"][1:] == (None, "it is a symbolic link, which is not followed")


def test_executable_files(started: Scene) -> None:
    (started.folder / "Dockerfile").chmod(0o755)
    with read_change(started.folder) as read:
        (file,) = read.change.files
        assert (file.path, file.hunks) == ("Dockerfile", ())


def test_where_modes_mean_nothing_they_are_not_looked_at(started: Scene) -> None:
    started.git("config", "core.fileMode", "false")
    (started.folder / "Dockerfile").chmod(0o755)
    assert changes(started) == {}


def test_a_file_where_a_folder_was_and_the_other_way_round(started: Scene) -> None:
    started.write({"app/main.py": None, "compose.yaml": None, "compose.yaml/Dockerfile": "FROM a\n"})
    (started.folder / "app").rmdir()
    started.write({"app": "now a file\n"})
    assert {"app/main.py", "app", "compose.yaml/Dockerfile"} <= set(changes(started))


def test_line_ends_are_those_that_would_be_committed(started: Scene) -> None:
    started.commit({".gitattributes": "*.dockerfile text eol=crlf\n", "a.dockerfile": "FROM a\nUSER b\n"})
    started.write({"a.dockerfile": "FROM a\r\nUSER c\r\n"})
    with read_change(started.folder) as read:
        (file,) = [f for f in read.change.files if f.path == "a.dockerfile"]
        assert file.after is not None
        assert file.after.content == "FROM a\nUSER c\n"
        assert [h.deleted for h in file.hunks] == [(2,)]


def test_an_encoding_that_is_none_leaves_the_bytes_as_they_are(started: Scene) -> None:
    started.commit({".gitattributes": "*.dockerfile working-tree-encoding=UTF-16\n"})
    started.write({"a.dockerfile": "FROM a\n"})
    assert changes(started)["a.dockerfile"] == "FROM a\n"


def test_a_conflict_shows_what_is_on_disk(started: Scene) -> None:
    started.git("branch", "-M", "main")
    started.git("switch", "--quiet", "--create", "other")
    started.commit({"Dockerfile": "FROM theirs\n"})
    started.git("switch", "--quiet", "main")
    started.commit({"Dockerfile": "FROM ours\n"})
    started.git("merge", "--quiet", "other", ok=False)
    assert "<<<<<<<" in (changes(started)["Dockerfile"] or "")


def test_a_file_that_is_only_meant_to_be_added(started: Scene) -> None:
    started.write({"new.dockerfile": "FROM new\n"})
    started.git("add", "--intent-to-add", "new.dockerfile")
    assert changes(started) == {"new.dockerfile": "FROM new\n"}


@pytest.mark.parametrize("sparse_index", ["--no-sparse-index", "--sparse-index"])
def test_a_sparse_checkout_has_not_deleted_the_rest(started: Scene, tmp_path: Path, sparse_index: str) -> None:
    started.commit({f"{name}/Dockerfile": f"FROM {name}\n" for name in ("one", "two")})
    clone = started.clone(tmp_path / "clone", "--sparse")
    clone.git("sparse-checkout", "set", "--cone", sparse_index, "one")
    assert not (clone.folder / "two").exists()
    clone.write({"one/Dockerfile": "FROM three\n"})
    assert changes(clone) == {"one/Dockerfile": "FROM three\n"}
    with read_change(clone.folder) as read:
        assert "two/Dockerfile" in list(read.change.head_tree.paths())


def test_an_index_in_two_parts(started: Scene) -> None:
    started.git("update-index", "--split-index")
    started.write({"Dockerfile": "FROM b\n"})
    assert list((started.folder / ".git").glob("sharedindex.*"))
    assert changes(started) == {"Dockerfile": "FROM b\n"}


def test_repositories_inside_are_not_looked_into(started: Scene, new_scene: Callable[..., Scene]) -> None:
    nested = new_scene("repository/nested")
    nested.commit({"Dockerfile": "FROM nested\n"})
    library = new_scene("library")
    library.commit({"Dockerfile": "FROM library\n"})
    started.git("submodule", "--quiet", "add", f"file://{library.folder}", "vendor")
    started.git("commit", "--quiet", "--message=vendor")
    (started.folder / "vendor" / "Dockerfile").write_text("FROM changed\n")
    assert changes(started) == {}
    assert changes(Scene(started.folder / "vendor")) == {"Dockerfile": "FROM changed\n"}


def test_disk_images_are_left_where_they_are(started: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "LARGE", 1024 * 1024)
    started.commit({"data.bin": b"small"})
    started.write(
        {"data.bin": b"x" * (1024 * 1024 + 1), "disk.img": b"x" * (1024 * 1024 + 1), "Dockerfile": "FROM b\n"}
    )
    with read_change(started.folder) as read:
        assert [f.path for f in read.change.files] == ["Dockerfile"]
        assert read.change.head_tree.size("data.bin") == 5
        assert [n.path for n in read.notices] == ["data.bin", "disk.img"]


def test_forgotten_folders_are_left_away(started: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MOST_UNTRACKED", 10)
    started.write({f"node_modules/{n}.js": "" for n in range(11)})
    started.write({"Dockerfile": "FROM b\n"})
    with read_change(started.folder) as read:
        assert [f.path for f in read.change.files] == ["Dockerfile"]
        (notice,) = read.notices
        assert ".gitignore" in notice.message


def test_pipes_and_folders_that_cannot_be_looked_into(started: Scene) -> None:
    os.mkfifo(started.folder / "pipe.dockerfile")
    (started.folder / "Dockerfile").unlink()
    os.mkfifo(started.folder / "Dockerfile")
    assert changes(started) == {"Dockerfile": None}
