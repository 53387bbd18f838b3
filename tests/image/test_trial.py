"""Suggestions built before they are shown, on a real engine: what holds is marked, what breaks the build is taken back."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from image.by_hand import docker

from reviewbot.change.read import read_change
from reviewbot.image.bytes import format_bytes
from reviewbot.image.docker.engine import Connection, Engine
from reviewbot.outcome import Proof, Review
from reviewbot.report.sizes import with_suggestions
from reviewbot.run.change import gather
from reviewbot.settings import Settings

pytestmark = pytest.mark.engine

Reviewed = Callable[..., Review]


@pytest.fixture
def reviewed(tmp_path: Path, engine: Engine) -> Reviewed:
    """A review of two versions of a small repository's files."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def commit(files: dict[str, str]) -> None:
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        git("add", "--all")
        git("commit", "--quiet", "--message=version")

    def review(before: dict[str, str], after: dict[str, str], **settings: object) -> Review:
        git("init", "--quiet")
        commit({".dockerignore": ".git\n", **before})
        commit(after)
        with read_change(tmp_path, "HEAD~1", "HEAD") as read:
            chosen = Settings(registry=False, rules=("json-form-command", "add-instead-of-copy"), **settings)  # type: ignore[arg-type]
            return gather(read, chosen, engine=engine).review()

    return review


BASE = "FROM debian:bookworm-slim\nCOPY app /app\nUSER nobody\n"
MEND = {"app/run": "#!/bin/sh\n"}


def test_suggestions_that_build_say_so_and_what_the_image_weighs_with_them(reviewed: Reviewed) -> None:
    review = reviewed({"Dockerfile": BASE, **MEND}, {"Dockerfile": BASE + "CMD /app/run now\n"})
    (suggestion,) = review.suggestions
    assert suggestion.proof is Proof.BUILT
    (comment,) = [c for c in review.comments if c.suggestion]
    assert comment.suggestion == suggestion
    (image,) = review.images
    assert image.with_suggestions is not None and image.size is not None
    assert (image.with_suggestions.size, image.with_suggestions.count) == (image.size.after, 1)


# A build that looks at its own Dockerfile: with ADD it builds, with COPY it does not.
PICKY = """\
FROM debian:bookworm-slim
ADD app /app
COPY Dockerfile /check
RUN grep -q "^ADD app" /check
USER nobody
CMD /app/run now
"""


def test_a_suggestion_that_breaks_the_build_is_taken_back_and_the_others_stay(reviewed: Reviewed) -> None:
    review = reviewed({"Dockerfile": BASE, **MEND}, {"Dockerfile": PICKY})
    (suggestion,) = review.suggestions
    assert [f.rule for f in suggestion.findings] == ["json-form-command"]
    assert suggestion.proof is Proof.BUILT
    told = {f.rule: f for f in review.findings}
    assert "the image does not build with it" in told["add-instead-of-copy"].advice
    (image,) = review.images
    assert image.with_suggestions is not None and image.with_suggestions.count == 1


def test_nothing_is_tried_where_that_is_not_wanted(reviewed: Reviewed) -> None:
    review = reviewed({"Dockerfile": BASE, **MEND}, {"Dockerfile": PICKY}, build_suggestions=False)
    assert {s.proof for s in review.suggestions} == {Proof.PARSED}
    assert [image.with_suggestions for image in review.images] == [None]


def test_an_image_that_does_not_build_anyway_is_not_tried(reviewed: Reviewed) -> None:
    review = reviewed({"Dockerfile": BASE, **MEND}, {"Dockerfile": BASE + "RUN false\nCMD /app/run now\n"})
    assert {s.proof for s in review.suggestions} == {Proof.PARSED}


START = """\
FROM debian:bookworm-slim
ADD app /app
RUN chmod 755 /app/run
USER nobody
"""


def test_a_suggestion_with_which_the_container_does_not_start_is_taken_back(reviewed: Reviewed) -> None:
    """In shell form it starts: the script has no first line that names its interpreter."""
    script = {"app/run": "exec sleep 1000\n"}
    review = reviewed({"Dockerfile": START, **script}, {"Dockerfile": START + "CMD /app/run now\n"})
    assert review.suggestions == ()
    (found,) = review.findings
    assert "with it the container ends with status 1 at once, which it does not without (`" in found.advice
    assert "exec format error" in found.advice
    assert [image.with_suggestions for image in review.images] == [None]


def test_an_image_that_starts_says_so_and_nothing_is_left_of_its_container(
    reviewed: Reviewed, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"reviewbot-test-{uuid.uuid4().hex}"
    monkeypatch.setattr("reviewbot.image.docker.start._NAME", own)
    script = {"app/run": "#!/bin/sh\nexec sleep 1000\n"}
    review = reviewed({"Dockerfile": START, **script}, {"Dockerfile": START + "CMD /app/run now\n"})
    (suggestion,) = review.suggestions
    assert suggestion.proof is Proof.STARTED
    (image,) = review.images
    assert image.with_suggestions is not None and image.with_suggestions.starts
    assert (
        with_suggestions(image) == f"builds and starts with the suggestion: {format_bytes(image.with_suggestions.size)}"
    )
    assert own not in docker(connection, "ps", "--all", "--format={{.Names}}").decode()


def test_an_image_that_does_not_start_anyway_tells_nothing_of_its_suggestions(reviewed: Reviewed) -> None:
    failing = {"app/run": "#!/bin/sh\nexit 3\n"}
    review = reviewed({"Dockerfile": START, **failing}, {"Dockerfile": START + "CMD /app/run now\n"})
    assert [s.proof for s in review.suggestions] == [Proof.BUILT]
    assert [image.with_suggestions and image.with_suggestions.starts for image in review.images] == [None]


def test_steps_that_no_suggestion_touches_do_not_run_again(reviewed: Reviewed) -> None:
    """Although `COPY . .` takes the Dockerfile along, which is another one with the suggestion."""
    chance = "RUN head -c $(($(od -An -N2 -tu2 /dev/urandom) + 9)) /dev/zero > /tmp/made\n"
    text = f"{BASE}COPY . /all\nENV ROUND={uuid.uuid4()}\n{chance}"
    review = reviewed({"Dockerfile": text, **MEND}, {"Dockerfile": text + "CMD /app/run now\n"})
    (image,) = review.images
    assert [s.proof for s in review.suggestions] == [Proof.BUILT]
    assert image.with_suggestions is not None and image.size is not None
    assert image.with_suggestions.size == image.size.after
    assert image.timings["try suggestions"] > 0
