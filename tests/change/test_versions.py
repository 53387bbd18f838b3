"""Which versions are compared, and what a person is told where they cannot be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from change.conftest import Scene

from reviewbot.change.model import Status
from reviewbot.change.problem import GitProblem
from reviewbot.change.read import read_change


def paths(scene: Scene, *references: str | None) -> list[str]:
    with read_change(scene.folder, *references) as read:
        return [file.path for file in read.change.files]


def branched(scene: Scene) -> Scene:
    """``main`` and ``topic`` have each gone on from a common commit; ``topic`` is checked out."""
    scene.commit({"Dockerfile": "FROM a\n"})
    scene.git("branch", "-M", "main")
    scene.git("switch", "--quiet", "--create", "topic")
    scene.commit({"topic.dockerfile": "FROM topic\n"})
    scene.git("switch", "--quiet", "main")
    scene.commit({"main.dockerfile": "FROM main\n"})
    scene.git("switch", "--quiet", "topic")
    return scene


def test_a_branch_is_compared_with_where_it_left_the_default_branch(scene: Scene) -> None:
    branched(scene)
    assert paths(scene) == ["topic.dockerfile"]
    assert paths(scene, "main") == ["topic.dockerfile"]
    assert paths(scene, "main", "topic") == ["topic.dockerfile"]
    assert paths(scene, "topic", "main") == ["main.dockerfile"]


def test_the_working_tree_is_the_head_as_long_as_it_differs(scene: Scene) -> None:
    branched(scene)
    with read_change(scene.folder) as read:
        assert read.change.head == scene.git("rev-parse", "topic")
    scene.write({"Dockerfile": "FROM b\n"})
    with read_change(scene.folder) as read:
        assert read.change.head is None
        assert [f.path for f in read.change.files] == ["Dockerfile", "topic.dockerfile"]
    assert paths(scene, None, "HEAD") == ["topic.dockerfile"]


def test_the_remotes_default_branch_comes_before_a_stale_local_one(scene: Scene, tmp_path: Path) -> None:
    branched(scene)
    scene.git("switch", "--quiet", "main")
    clone = scene.clone(tmp_path / "clone")
    scene.commit({"newer.dockerfile": "FROM b\n"})
    clone.git("fetch", "--quiet")
    clone.git("switch", "--quiet", "--create", "mine", "origin/main")
    clone.commit({"mine.dockerfile": "FROM c\n"})
    assert paths(clone) == ["mine.dockerfile"]
    assert paths(clone, "topic") == ["main.dockerfile", "mine.dockerfile", "newer.dockerfile"]


def test_a_tag_does_not_stand_in_for_the_default_branch(scene: Scene) -> None:
    branched(scene)
    scene.git("tag", "main", "topic")
    assert paths(scene) == ["topic.dockerfile"]


def test_on_the_default_branch_what_is_not_pushed_counts(scene: Scene, tmp_path: Path) -> None:
    scene.commit({"Dockerfile": "FROM a\n"})
    clone = scene.clone(tmp_path / "clone")
    with read_change(clone.folder) as read:
        assert read.change.files == ()
        (notice,) = read.notices
        assert "--base" in notice.message
    clone.commit({"Dockerfile": "FROM b\n"})
    clone.write({"compose.yaml": "services: {}\n"})
    assert paths(clone) == ["Dockerfile", "compose.yaml"]


def test_without_a_default_branch_the_uncommitted_counts(scene: Scene) -> None:
    scene.commit({"Dockerfile": "FROM a\n"})
    scene.git("branch", "-M", "trunk")
    scene.write({"Dockerfile": "FROM b\n"})
    assert paths(scene) == ["Dockerfile"]


def test_before_the_first_commit_everything_is_new(scene: Scene) -> None:
    assert paths(scene) == []
    scene.write({"Dockerfile": "FROM a\n"})
    with read_change(scene.folder) as read:
        assert (read.change.base, read.change.head) == (None, None)
        assert [(f.path, f.status) for f in read.change.files] == [("Dockerfile", Status.ADDED)]
        assert list(read.change.base_tree.paths()) == []


@pytest.mark.parametrize("reference", ["v1", "refs/heads/main", "HEAD~1", "main^{commit}", "main"])
def test_all_ways_to_name_a_base(scene: Scene, reference: str) -> None:
    scene.commit({"Dockerfile": "FROM a\n"})
    scene.git("tag", "--annotate", "--message=one", "v1")
    scene.git("branch", "-M", "main")
    scene.git("switch", "--quiet", "--create", "topic")
    scene.commit({"Dockerfile": "FROM b\n"})
    assert paths(scene, reference) == ["Dockerfile"]


@pytest.mark.parametrize(
    "reference", ["", "none", "--output=x", "-h", "HEAD:Dockerfile", "..", "0" * 40, "a\nb", "\udce9"]
)
def test_a_base_that_is_no_commit_is_named(scene: Scene, reference: str) -> None:
    scene.commit({"Dockerfile": "FROM a\n"})
    with pytest.raises(GitProblem, match=r"there is no commit .* --base"):
        paths(scene, reference)
    with pytest.raises(GitProblem, match=r"there is no commit .* --head"):
        paths(scene, "HEAD", reference)
    assert not (scene.folder / "x").exists()


def test_unrelated_histories_are_compared_directly_and_say_so(scene: Scene) -> None:
    scene.commit({"Dockerfile": "FROM a\n", "compose.yaml": "services: {}\n"})
    scene.git("branch", "-M", "main")
    scene.git("switch", "--quiet", "--orphan", "other")
    scene.commit({"Dockerfile": "FROM b\n"})
    with read_change(scene.folder, "main") as read:
        assert {(f.path, f.status) for f in read.change.files} == {
            ("Dockerfile", Status.MODIFIED),
            ("compose.yaml", Status.DELETED),
        }
        (notice,) = read.notices
    assert "no common ancestor" in notice.message
    assert "unrelated" in notice.message


def test_a_shallow_clone_says_what_to_fetch(scene: Scene, tmp_path: Path) -> None:
    branched(scene)
    scene.git("switch", "--quiet", "main")
    clone = scene.clone(tmp_path / "clone", "--depth=1", "--no-single-branch", "--branch=topic")
    with read_change(clone.folder) as read:
        assert sorted(f.path for f in read.change.files) == ["main.dockerfile", "topic.dockerfile"]
        (notice,) = read.notices
    assert "fetch-depth: 0" in notice.message
    with pytest.raises(GitProblem, match=r"shallow.*--unshallow"):
        paths(clone, "HEAD~1")


def test_a_known_merge_base_is_taken_as_it_is(scene: Scene, tmp_path: Path) -> None:
    branched(scene)
    ancestor = scene.git("merge-base", "main", "topic")
    with read_change(scene.folder, "main", "topic", merge_base=ancestor) as read:
        assert (read.change.base, read.notices) == (ancestor, ())
        assert [f.path for f in read.change.files] == ["topic.dockerfile"]


def test_a_bare_repository_has_commits_alone(scene: Scene, tmp_path: Path, new_scene: Callable[..., Scene]) -> None:
    branched(scene)
    bare = scene.clone(tmp_path / "bare.git", "--bare")
    assert paths(bare, "main") == ["topic.dockerfile"]
    assert paths(bare) == ["topic.dockerfile"]
    with pytest.raises(GitProblem, match="no commits"):
        paths(new_scene("empty.git", "--bare"))


def test_a_second_working_tree_has_a_head_of_its_own(scene: Scene, tmp_path: Path) -> None:
    branched(scene)
    scene.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "second"), "topic")
    second = Scene(tmp_path / "second")
    second.write({"compose.yaml": "services: {}\n"})
    assert paths(second) == ["compose.yaml", "topic.dockerfile"]
    assert paths(scene) == ["topic.dockerfile"]


def test_from_a_folder_below_the_top(scene: Scene) -> None:
    branched(scene)
    scene.write({"sub/Dockerfile": "FROM a\n"})
    with read_change(scene.folder / "sub") as read:
        assert read.repository.root.resolve() == scene.folder.resolve()
        assert [f.path for f in read.change.files] == ["sub/Dockerfile", "topic.dockerfile"]


def test_what_is_no_repository_is_said_so(tmp_path: Path, scene: Scene) -> None:
    (tmp_path / "file").write_text("")
    for folder, message in (
        (tmp_path, "is not in a git repository"),
        (tmp_path / "none", "there is no such folder"),
        (tmp_path / "file", "there is no such folder"),
        (scene.folder / ".git", "git's own folder"),
    ):
        with pytest.raises(GitProblem, match=message), read_change(folder):
            pass


def test_a_broken_repository_is_a_message(scene: Scene) -> None:
    scene.commit({"Dockerfile": "FROM a\n"})
    (scene.folder / ".git" / "config").write_text("[core\n")
    with pytest.raises(GitProblem, match="bad config line 1"):
        paths(scene)


def test_without_git_there_is_a_message(scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitProblem, match="git is not installed"):
        paths(scene)


def test_a_bare_environment_is_enough(scene: Scene) -> None:
    """Locale C, no HOME, another time zone."""
    scene.commit({"Dockerfile": "FROM a\n", "ü/Dockerfile": "FROM a\n"})
    scene.write({"ü/Dockerfile": "FROM ü\n"})
    script = (
        "import sys; from pathlib import Path; from reviewbot.change.read import read_change\n"
        "with read_change(Path(sys.argv[1])) as read:\n"
        "    print(ascii([f.path for f in read.change.files]), ascii(read.change.files[0].after.content))"
    )
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"}
    command = [sys.executable, "-c", script, str(scene.folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "['\\xfc/Dockerfile'] 'FROM \\xfc\\n'\n"
