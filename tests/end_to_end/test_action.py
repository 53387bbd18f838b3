"""The action from its event to the pull request, over HTTP, with real commits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST, READ_ONLY, FakeGitHub
from end_to_end.fake_github.suggestions import suggestion
from end_to_end.job import Done, Job
from end_to_end.sample import Files, Sample

NUMBER = 7
TROUBLE: Files = {**sample.ROOT_USER, **sample.COMPOSE_TROUBLE}


class Scene:
    """A pull request to the sample application, and the jobs that review it."""

    def __init__(self, application: Sample, fake: FakeGitHub, folder: Path) -> None:
        self.application = application
        self.fake = fake
        self._folder = folder
        self._jobs = 0

    def open(self, files: Files, **about: Any) -> str:
        head = self.application.commit(files)
        self.fake.open_pull_request(self.application.base, head, number=NUMBER, **about)
        return head

    def push(self, files: Files) -> str:
        head = self.application.commit(files)
        self.fake.push(NUMBER, head)
        return head

    def job(self, permissions: Mapping[str, str] = LEAST, *, depth: int | None = None, **about: str) -> Job:
        """A job for the present head, in a checkout of its own, that builds nothing."""
        self._jobs += 1
        folder = self._folder / f"job{self._jobs}"
        workspace = self.application.checkout(folder / "workspace", self.fake.pull_request(NUMBER).head, depth=depth)
        token = self.fake.token(permissions)
        return Job(
            self.fake, NUMBER, token, workspace=workspace, folder=folder / "runner", **({"build": "false"} | about)
        )

    def review(self, permissions: Mapping[str, str] = LEAST, *, depth: int | None = None, **about: str) -> Done:
        done = self.job(permissions, depth=depth, **about).run()
        assert "Traceback" not in done.log
        return done

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Requests that asked for a change since the log was last cleared."""
        return [(request.method, request.path) for request in self.fake.requests if request.is_write]

    def commented_rules(self) -> list[str]:
        """The rules that threads stand for, sorted; one that has two threads is there twice."""
        bodies = [thread.comments[0].body for thread in self.fake.threads(NUMBER)]
        markers = [re.findall(r"[0-9a-f]{16}:([a-z-]+)", body.rstrip().splitlines()[-1]) for body in bodies]
        return sorted(rule for marker in markers for rule in marker)

    def summary(self) -> str:
        (comment,) = self.fake.issue_comments(NUMBER)
        return comment.body


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    application = Sample(tmp_path / "application")
    with FakeGitHub(application.folder) as fake:
        yield Scene(application, fake, tmp_path)


def test_a_first_run_posts_one_review_and_one_summary(scene: Scene) -> None:
    head = scene.open(TROUBLE)
    done = scene.review()

    (review,) = scene.fake.reviews(NUMBER)
    threads = scene.fake.threads(NUMBER)
    assert (review.state, review.commit) == ("COMMENTED", head)
    assert len(threads) > 2 and {thread.comments[0].review for thread in threads} == {review.id}
    assert set(scene.commented_rules()) == done.rules()
    assert done.status == 1 and done.outputs["conclusion"] == "failure"
    assert scene.summary()
    assert len(scene.fake.requests) <= 8


def test_a_second_run_writes_nothing(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review()
    before = scene.fake.pull_request(NUMBER)
    scene.fake.requests.clear()
    scene.review()

    assert scene.writes == []
    assert len(scene.fake.requests) == 1
    assert scene.fake.pull_request(NUMBER) == before


def test_suggestions_do_away_with_what_they_are_about(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review()
    before = scene.commented_rules()
    offers = [thread for thread in scene.fake.threads(NUMBER) if suggestion(thread) is not None]
    scene.push(scene.fake.apply_suggestions(NUMBER, *offers))
    done = scene.review()

    assert offers
    assert len(done.report["findings"]) <= len(before) - len(offers)
