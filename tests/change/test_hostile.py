"""A stranger's repository runs nothing and hides nothing, whatever its configuration and attributes say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from change.conftest import Scene

from reviewbot.change import git as git_module
from reviewbot.change.export import export_tree
from reviewbot.change.git import Repository, environment, is_object_id
from reviewbot.change.problem import GitProblem
from reviewbot.change.read import read_change


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """What exists once something was run."""
    return tmp_path / "was-run"


@pytest.fixture
def program(tmp_path: Path, marker: Path) -> Path:
    place = tmp_path / "program"
    place.write_text(f"#!/bin/sh\ntouch {marker}\ncat 2>/dev/null\nexit 0\n")
    place.chmod(0o755)
    return place


@pytest.fixture
def prepared(scene: Scene) -> Scene:
    attributes = "* diff=evil filter=evil\n*.bin filter=a=b export-ignore\nDockerfile -diff ident\n"
    scene.commit({".gitattributes": attributes, "Dockerfile": "FROM a\n", "data.bin": b"\0\1"})
    scene.commit({"Dockerfile": "FROM b\n", "data.bin": b"\0\2"})
    return scene


def look_at_everything(scene: Scene, tmp_path: Path) -> None:
    """Commits, the working tree, and a build context of each."""
    for number, references in enumerate((("HEAD~1", "HEAD"), ("HEAD~1", None), (None, None))):
        # Racy files are those that git itself must read to know whether they changed.
        scene.write({"Dockerfile": f"FROM c{number}\n", "new.dockerfile": "FROM d\n", "data.bin": b"\0\3"})
        with read_change(scene.folder, *references) as read:
            file = read.change.file("Dockerfile")
            assert file is not None
            assert file.hunks
            for side, tree in (("base", read.base_tree), ("head", read.head_tree)):
                folder = tmp_path / f"{number}-{side}"
                folder.mkdir()
                assert tree is not None
                export_tree(read.repository, tree, "", folder, 10_000)
                assert (folder / "data.bin").read_bytes()[:1] == b"\0"


SETTINGS = {
    "external diff": {"diff.external": "{program}"},
    "monitor": {"core.fsmonitor": "{program}"},
    "driver's diff": {"diff.evil.command": "{program}"},
    "driver's text": {"diff.evil.textconv": "{program}", "diff.evil.cachetextconv": "true"},
    "filter": {"filter.evil.clean": "{program}", "filter.evil.smudge": "{program}", "filter.evil.required": "true"},
    "filter process": {"filter.evil.process": "{program}", "filter.evil.required": "true"},
    "filter with an odd name": {"filter.a=b.clean": "{program}", "filter.a=b.required": "true"},
    "pager and editor": {"core.pager": "{program}", "pager.diff": "{program}", "core.editor": "{program}"},
    "aliases": {"alias.ls-tree": "!{program}", "alias.diff-tree": "!{program}", "alias.rev-parse": "!{program}"},
    "other order": {"diff.orderFile": "/none", "diff.noprefix": "true", "diff.renames": "copies", "diff.context": "0"},
    "thresholds": {"core.bigFileThreshold": "1", "diff.suppressBlankEmpty": "true", "color.ui": "always"},
    "quoting": {"core.quotePath": "true", "core.precomposeUnicode": "true", "log.showSignature": "true"},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_configuration_runs_nothing(
    prepared: Scene, tmp_path: Path, program: Path, marker: Path, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        prepared.git("config", name, value.format(program=program))
    look_at_everything(prepared, tmp_path)
    assert not marker.exists()


def test_hooks_are_not_run(prepared: Scene, tmp_path: Path, program: Path, marker: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman", "pre-commit"):
        (hooks / name).symlink_to(program)
        (prepared.folder / ".git" / "hooks").mkdir(exist_ok=True)
        (prepared.folder / ".git" / "hooks" / name).symlink_to(program)
    prepared.git("config", "core.hooksPath", str(hooks))
    marker.unlink(missing_ok=True)
    look_at_everything(prepared, tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"remote.origin.url": "ext::{program}", "protocol.ext.allow": "always"},
        {"remote.origin.uploadpack": "{program}", "protocol.file.allow": "always"},
        {"remote.origin.url": "ssh://localhost/x", "core.sshCommand": "{program}"},
        {"remote.origin.vcs": "ext", "remote.origin.url": "{program}", "protocol.ext.allow": "always"},
    ],
)
def test_what_a_partial_clone_lacks_is_not_fetched(
    prepared: Scene, tmp_path: Path, program: Path, marker: Path, settings: dict[str, str]
) -> None:
    prepared.git("config", "uploadpack.allowFilter", "true")
    clone = prepared.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    for name, value in settings.items():
        clone.git("config", name, value.format(program=program))
    with read_change(clone.folder, "HEAD~1", "HEAD") as read:
        file = read.change.file("Dockerfile")
        assert file is not None
        assert "partial clone" in (file.reason or "")
        (tmp_path / "context").mkdir()
        with pytest.raises(GitProblem, match="missing"):
            export_tree(read.repository, read.head_tree, "", tmp_path / "context", 10_000)
    assert not marker.exists()


def test_a_partial_clone_that_has_the_head_alone_says_so(prepared: Scene, tmp_path: Path) -> None:
    prepared.git("config", "uploadpack.allowFilter", "true")
    clone = prepared.clone(tmp_path / "clone", "--filter=blob:none")
    with read_change(clone.folder, "HEAD~1", "HEAD") as read:
        file = read.change.file("Dockerfile")
        assert file is not None
        assert file.after is not None
        (notice,) = read.notices
    assert "--filter" in notice.message


def test_another_working_tree_is_refused(prepared: Scene, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    prepared.git("config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(GitProblem, match="another working tree"), read_change(prepared.folder):
        pass


def test_variables_of_git_do_not_count(prepared: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GIT_DIR": "/none",
        "GIT_WORK_TREE": "/none",
        "GIT_INDEX_FILE": "/none",
        "GIT_OBJECT_DIRECTORY": "/none",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
        "GIT_EXTERNAL_DIFF": "/none",
        "GIT_DIFF_OPTS": "-u0",
        "GIT_LITERAL_PATHSPECS": "0",
        "GIT_TRACE": "1",
        "GIT_NAMESPACE": "none",
        "GIT_DEFAULT_HASH": "sha256",
        "GIT_TEMPLATE_DIR": "/none",
    }.items():
        monkeypatch.setenv(name, value)
    look_at_everything(prepared, tmp_path)
    assert [name for name in environment() if name.startswith("GIT_") and name in ("GIT_DIR", "GIT_TRACE")] == []


def test_replaced_objects_are_seen_as_they_are(prepared: Scene) -> None:
    old, new = prepared.git("rev-parse", "HEAD~1:Dockerfile"), prepared.git("rev-parse", "HEAD:Dockerfile")
    prepared.git("replace", new, old)
    with read_change(prepared.folder, "HEAD~1", "HEAD") as read:
        file = read.change.file("Dockerfile")
        assert file is not None
        assert file.after is not None
        assert file.after.content == "FROM b\n"


def test_a_path_of_the_repository_that_needs_quoting(tmp_path: Path) -> None:
    for number, name in enumerate(('quo"te', "back\\slash", "new\nline", "co:lon", "#hash", "latin-\udce9")):
        folder = tmp_path / name
        folder.mkdir()
        scene = Scene(folder)
        scene.git("init", "--quiet")
        scene.commit({"Dockerfile": f"FROM a{number}\n", "data.bin": b"\0"})
        scene.commit({"Dockerfile": f"FROM b{number}\n"})
        scratch = tmp_path / f"scratch{number}"
        scratch.mkdir()
        look_at_everything(scene, scratch)


def test_a_tree_that_unfolds_without_end_is_given_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "OUTPUT_LIMIT", 4 * 1024 * 1024)
    base = scene.commit({"Dockerfile": "FROM a\n"})
    tree = scene.tree(*(("100644", scene.blob(b"FROM b\n"), f"Dockerfile.{n}") for n in range(10)))
    for _ in range(9):
        tree = scene.tree(*(("40000", tree, f"d{n}") for n in range(10)))
    head = scene.commit_tree(tree, base)
    with pytest.raises(GitProblem, match="too large"), read_change(scene.folder, base, head):
        pass


def test_a_command_that_does_not_end_is_ended(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nsleep 60\n")
    (slow / "git").chmod(0o755)
    repository = Repository(scene.folder)
    monkeypatch.setenv("PATH", f"{slow}:{os.environ['PATH']}")
    with pytest.raises(GitProblem, match="did not end within"):
        repository.run("status", seconds=0.2)


def test_what_git_says_is_told_without_control_characters(scene: Scene) -> None:
    with pytest.raises(GitProblem) as problem:
        Repository(scene.folder).run("cat-file", "-p", "--end-of-options", "\x1b[31m\rfatal: forged")
    assert str(problem.value).isprintable()


@pytest.mark.parametrize(
    ("text", "is_id"),
    [
        ("0" * 40, True),
        ("a" * 64, True),
        ("A" * 40, False),
        ("0" * 39, False),
        ("0" * 41, False),
        (f"{'0' * 40}\n", False),
        ("--upload-pack=x" + "0" * 25, False),
        ("HEAD", False),
    ],
)
def test_only_full_ids_are_believed(text: str, is_id: bool) -> None:
    assert is_object_id(text) is is_id
