"""Bringing in what a shallow or partial checkout left away."""

from __future__ import annotations

from pathlib import Path

import pytest
from change.conftest import Scene

from reviewbot.change import fetch
from reviewbot.change.fetch import fetch_commit
from reviewbot.change.git import Repository
from reviewbot.change.problem import GitProblem
from reviewbot.change.read import read_change


@pytest.fixture
def origin(scene: Scene) -> Scene:
    for number in range(4):
        scene.commit({"Dockerfile": f"FROM a{number}\n", f"file{number}": "x"})
    scene.git("config", "uploadpack.allowFilter", "true")
    return scene


def address(scene: Scene) -> str:
    return f"file://{scene.folder}"


def test_a_base_that_the_checkout_lacks(origin: Scene, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1")
    base = origin.git("rev-parse", "HEAD~2")
    repository = Repository(clone.folder)
    assert repository.commit(base) is None
    fetch_commit(repository, address(origin), base)
    assert repository.commit(base) == base
    with read_change(clone.folder, base, "HEAD") as read:
        file = read.change.file("Dockerfile")
        assert file is not None
        assert file.before is not None
        assert file.before.content == "FROM a1\n"
        (notice,) = read.notices
        assert "shallow" in notice.message
    # What was there still works, for git as well.
    assert clone.git("log", "--format=%s", "HEAD") == clone.git("log", "--format=%s", base) == "files"
    clone.git("fsck", "--strict")


def test_nothing_else_of_the_checkout_changes(origin: Scene, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1")
    before = clone.git("for-each-ref"), (clone.folder / ".git/config").read_bytes(), clone.git("status", "--porcelain")
    fetch_commit(Repository(clone.folder), address(origin), origin.git("rev-parse", "HEAD~2"))
    after = clone.git("for-each-ref"), (clone.folder / ".git/config").read_bytes(), clone.git("status", "--porcelain")
    assert before == after
    assert not (clone.folder / ".git/FETCH_HEAD").exists()


def test_into_a_checkout_with_its_whole_history(origin: Scene, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone")
    newer = origin.commit({"Dockerfile": "FROM newer\n"})
    fetch_commit(Repository(clone.folder), address(origin), newer)
    with read_change(clone.folder, "HEAD", newer, merge_base=clone.git("rev-parse", "HEAD")) as read:
        assert [f.path for f in read.change.files] == ["Dockerfile"]


def test_contents_that_a_partial_checkout_lacks(origin: Scene, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--filter=blob:none")
    repository = Repository(clone.folder)
    assert repository.is_partial()
    base = origin.git("rev-parse", "HEAD~2")
    fetch_commit(repository, address(origin), base)
    with read_change(clone.folder, base, "HEAD") as read:
        file = read.change.file("Dockerfile")
        assert file is not None
        assert file.before is not None
        assert (file.before.content, read.notices) == ("FROM a1\n", ())


@pytest.mark.parametrize("commit", ["HEAD", "main", "--upload-pack=touch x", "0" * 39, "", f"{'0' * 40}\n--all"])
def test_only_ids_are_asked_for(origin: Scene, commit: str) -> None:
    with pytest.raises(GitProblem, match="is not a commit id"):
        fetch_commit(Repository(origin.folder), address(origin), commit)


@pytest.mark.parametrize(
    "url", ["ext::sh -c x", "--upload-pack=x", "ssh://host/x", "git://host/x", "/etc", "", "http:/x"]
)
def test_only_plain_addresses_are_asked(origin: Scene, url: str) -> None:
    with pytest.raises(GitProblem, match="is not an address"):
        fetch_commit(Repository(origin.folder), url, "0" * 40)


def test_a_commit_that_is_not_there(origin: Scene, tmp_path: Path) -> None:
    with pytest.raises(GitProblem, match="not our ref"):
        fetch_commit(Repository(origin.folder), address(origin), "1" * 40)
    with pytest.raises(GitProblem):
        fetch_commit(Repository(origin.folder), f"file://{tmp_path}/none", "1" * 40)


def test_what_is_no_commit(origin: Scene, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1")
    with pytest.raises(GitProblem):
        fetch_commit(Repository(clone.folder), address(origin), origin.git("rev-parse", "HEAD~2:Dockerfile"))


def test_the_checkouts_configuration_takes_no_part(origin: Scene, tmp_path: Path) -> None:
    marker = tmp_path / "was-run"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    clone = origin.clone(tmp_path / "clone", "--depth=1")
    for name, value in {
        f"url.ext::{program} .insteadOf": "file://",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "core.alternateRefsCommand": str(program),
        "core.askPass": str(program),
        "credential.helper": f"!{program}",
        "remote.origin.uploadpack": str(program),
        "core.fsmonitor": str(program),
        "fetch.recurseSubmodules": "true",
        "http.proxy": "http://localhost:1",
    }.items():
        clone.git("config", name, value)
    base = origin.git("rev-parse", "HEAD~2")
    fetch_commit(Repository(clone.folder), address(origin), base)
    assert Repository(clone.folder).commit(base) == base
    assert not marker.exists()


def test_a_token_is_never_on_a_command_line(origin: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that notes what it is given stands in the way of the real one."""
    clone = origin.clone(tmp_path / "clone", "--depth=1")
    repository = Repository(clone.folder)
    real = tmp_path / "bin"
    real.mkdir()
    (real / "git").write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/arguments\nenv >> {tmp_path}/variables\n'
        f'case "$*" in *" fetch "*) echo "fatal: no network here" >&2; exit 128;; esac\n'
        f'PATH=/usr/local/bin:/usr/bin:/bin exec git "$@"\n'
    )
    (real / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{real}:/usr/local/bin:/usr/bin:/bin")
    with pytest.raises(GitProblem, match="no network here") as problem:
        fetch_commit(repository, "https://github.example/o/r.git", "1" * 40, "ghs_secret")
    assert "eC1hY2Nlc3MtdG9rZW46Z2hzX3NlY3JldA==" in (tmp_path / "variables").read_text()
    assert "GIT_CONFIG_KEY_0=http.https://github.example/.extraHeader" in (tmp_path / "variables").read_text()
    for secret in ("ghs_secret", "eC1hY2Nlc3MtdG9rZW46Z2hzX3NlY3JldA=="):
        assert secret not in (tmp_path / "arguments").read_text()
        assert secret not in str(problem.value)
    (tmp_path / "variables").unlink()
    with pytest.raises(GitProblem):
        fetch_commit(repository, "http://github.example/o/r.git", "1" * 40, "ghs_secret")
    assert "extraHeader" not in (tmp_path / "variables").read_text()


def test_a_server_that_never_answers(origin: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import socket

    monkeypatch.setattr(fetch, "FETCH_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/o/r.git"
        with pytest.raises(GitProblem, match="did not end within"):
            fetch_commit(Repository(origin.folder), url, "1" * 40)
