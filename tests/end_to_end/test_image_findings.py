"""Findings of a built image, and runs that do not build it again."""

from __future__ import annotations

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL
from end_to_end.scene import NUMBER, Scene

pytestmark = pytest.mark.engine

SETUID: sample.Files = {
    "Dockerfile": sample.DOCKERFILE.replace("USER app\n", "RUN install -m 4755 /bin/true /usr/bin/raise\nUSER app\n")
}


def test_a_recheck_keeps_what_only_a_build_can_tell(scene: Scene) -> None:
    """It stays in its comment, in the summary, and in the verdict."""
    head = scene.open(SETUID)
    built = scene.review(FULL, build="true", network="none", fail_on="info")
    lines = scene.summary.splitlines()
    said = [line for line in lines if line.startswith(("###", "| `web`"))]
    assert len(said) == 2 and "1 note" in said[0]
    assert (scene.rules, built.status) == (["setuid-file"], 1)

    scene.fake.add_person("maintainer", "write")
    payload = scene.fake.comment_event(NUMBER, scene.fake.user_comments(NUMBER, "/reviewbot recheck", "maintainer"))
    about = {"event": "issue_comment", "payload": payload, "head": scene.application.base}
    scene.review(FULL, **about, fail_on="info")
    assert scene.rules == ["setuid-file"]
    assert set(said) <= set(scene.summary.splitlines())
    assert {run.conclusion for run in scene.fake.check_runs(head)} == {"failure"}


def test_what_was_ignored_of_an_image_comes_back(scene: Scene) -> None:
    scene.open(SETUID)
    scene.review(FULL, build="true", network="none")
    scene.fake.add_person("maintainer", "write")
    thread = scene.thread("setuid-file")
    scene.answer(scene.fake.user_replies(thread, "/reviewbot ignore setuid-file", "maintainer"))
    assert scene.rules == []
    scene.answer(scene.fake.user_comments(NUMBER, "/reviewbot unignore setuid-file", "maintainer"))
    assert scene.rules == ["setuid-file"]


def test_a_build_that_fails_mends_nothing_that_was_found_in_the_image(scene: Scene) -> None:
    scene.open(SETUID)
    scene.review(FULL, build="true", network="none")
    scene.push({"Dockerfile": str(SETUID["Dockerfile"]).replace("USER app\n", "RUN false\nUSER app\n")})
    scene.review(FULL, build="true", network="none")
    assert scene.rules == ["image-build-fails", "setuid-file"]

    scene.push({"Dockerfile": sample.DOCKERFILE})
    scene.review(FULL, build="true", network="none")
    assert scene.rules == []


def test_a_run_without_an_engine_mends_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.open(SETUID)
    scene.review(FULL, build="true", network="none")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    scene.push({"README.md": "# Other words\n"})
    scene.review(FULL, build="true", network="none")
    assert scene.rules == ["setuid-file"]
