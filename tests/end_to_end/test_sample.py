"""That the sample is what it says: faultless at first, and each change as bad as it means to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from end_to_end import sample
from end_to_end.sample import Files, Sample

from reviewbot.cli import main


@pytest.fixture
def application(tmp_path: Path) -> Sample:
    return Sample(tmp_path / "application")


def rules(
    application: Sample, head: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> set[str]:
    monkeypatch.chdir(application.folder)
    main(["review", "--base", application.base, "--head", head, "--no-build", "--format", "json"])
    return {finding["rule"] for finding in json.loads(capsys.readouterr().out)["findings"]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(sample.ROOT_USER, {"non-root-user", "json-form-command"}, id="root user"),
        pytest.param(sample.SHELL_FORM, {"json-form-command"}, id="shell form"),
        pytest.param(sample.WINDOWS_LINES, {"json-form-command"}, id="lines of Windows"),
        pytest.param(sample.BACKTICKS, {"json-form-command"}, id="backticks"),
        pytest.param(sample.WITHOUT_DOCKERIGNORE, {"dockerignore-missing"}, id="no ignore file"),
        pytest.param(sample.LARGER, set(), id="larger image"),
        pytest.param(sample.BROKEN_BUILD, set(), id="broken build"),
        pytest.param(sample.UNRELATED, set(), id="unrelated"),
        pytest.param(
            sample.COMPOSE_TROUBLE,
            {"compose-image-pinned", "compose-secret", "healthcheck-missing", "data-volume-missing"},
            id="Compose",
        ),
    ],
)
def test_changes(
    application: Sample,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    change: Files,
    expected: set[str],
) -> None:
    assert rules(application, application.commit(change), capsys, monkeypatch) == expected


def test_an_unnamed_version(
    application: Sample, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pin-base-image" in rules(application, application.commit(sample.LATEST_BASE), capsys, monkeypatch)


def test_a_file_that_is_moved_and_one_that_is_deleted(
    application: Sample, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = application.rename("Dockerfile", "docker/Dockerfile")
    deleted = application.commit({"docker/Dockerfile": None})

    assert rules(application, moved, capsys, monkeypatch) == {"build-path-missing"}  # Compose builds it where it was
    assert rules(application, deleted, capsys, monkeypatch) == set()


def test_what_was_made_worse_is_made_good_again(application: Sample) -> None:
    worse = application.commit(sample.ROOT_USER)
    better = application.restore(application.base)

    assert application.text(worse, "Dockerfile") != application.text(better, "Dockerfile") == sample.DOCKERFILE


def test_the_same_steps_give_the_same_commits(application: Sample, tmp_path: Path) -> None:
    again = Sample(tmp_path / "again")

    assert again.base == application.base
    assert again.commit(sample.LARGER) == application.commit(sample.LARGER)


def test_a_shallow_checkout_has_one_commit(application: Sample, tmp_path: Path) -> None:
    head = application.commit(sample.ROOT_USER)
    folder = application.checkout(tmp_path / "workspace", head, depth=1)

    assert (folder / "Dockerfile").read_text() == sample.ROOT_USER["Dockerfile"]
    assert (folder / ".git" / "shallow").read_text().split() == [head]
