"""A baseline from a push to the default branch to a pull request, and secrets and settings that a stranger cannot give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from end_to_end.scene import NUMBER, Scene

pytestmark = pytest.mark.engine

READS = {"contents": "read"}
FILE = "FROM debian:bookworm-slim\nCOPY motd.txt /motd\n"
KEPT = ".cache/kept.json"


def test_what_a_push_measures_spares_a_pull_request_its_base(scene: Scene) -> None:
    base = scene.application.base
    push = scene.fake.push_event(base, base)
    first = scene.review(READS, event="push", payload=push, head=base, build="true", network="none", baseline=KEPT)
    kept = (first.workspace / KEPT).read_bytes()
    (image,) = json.loads(kept)["images"]
    assert image["commit"] == base

    scene.open(
        {"Dockerfile": scene.application.text(base, "Dockerfile") + "RUN head -c 700000 /dev/zero > /tmp/more\n"}
    )
    job = scene.job(READS, build="true", network="none", baseline=KEPT)
    (job.workspace / KEPT).parent.mkdir(parents=True)
    (job.workspace / KEPT).write_bytes(kept)
    done = job.run()
    (measured,) = done.report["images"]
    assert measured["size"]["before"] == image["info"]["size"]
    assert measured["size"]["after"] - measured["size"]["before"] == 700_000
    assert "The base was not built: it was measured at" in done.summary, done.log
    assert (job.workspace / KEPT).read_bytes() == kept


def test_a_baseline_that_the_pull_request_commits_is_refused(scene: Scene) -> None:
    scene.open({"Dockerfile": FILE, KEPT: json.dumps({"images": []})})
    done = scene.review(READS, build="true", network="none", baseline=KEPT)
    assert f"The baseline {KEPT} was not used: it is a file of the commit that is reviewed" in done.summary
    (measured,) = done.report["images"]
    assert measured["size"]["before"]


def test_settings_of_the_head_build_nothing_otherwise(scene: Scene, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct-horse")
    settings = f"secrets: {{s: {{file: {secret}}}}}\nbuilder: tcp://127.0.0.1:9\ncache-from: ['type=local,src=/']\n"
    read = "RUN --mount=type=secret,id=s cat /run/secrets/s > /s\n"
    scene.open({"Dockerfile": f"FROM debian:bookworm-slim\n{read}", ".github/reviewbot.yml": settings})
    done = scene.review(READS, build="true", network="none")
    (image,) = done.report["images"]
    assert image["status"] == "failed"
    assert "/run/secrets/s: No such file" in image["failure"]["log"]
    assert "correct-horse" not in done.log


@pytest.mark.parametrize(("fork", "status"), [(False, "measured"), (True, "failed")])
def test_secrets_of_the_base_s_settings_are_given_to_nobody_from_outside(
    scene: Scene, tmp_path: Path, fork: bool, status: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct-horse")
    base = scene.application.commit({".github/reviewbot.yml": f"secrets: {{s: {{file: {secret}}}}}\n"})
    # A name of its own: what a step read of a secret is no part of its cache's key.
    read = f"RUN --mount=type=secret,id=s test -s /run/secrets/s && : {secret.parent.name}-{fork}\n"
    head = scene.application.commit({"Dockerfile": f"FROM debian:bookworm-slim\n{read}"})
    scene.fake.open_pull_request(base, head, number=NUMBER, fork=fork)
    done = scene.review(READS, build="true", network="none")
    (image,) = done.report["images"]
    assert image["status"] == status
    assert ("No secrets were given to the builds: the pull request is a stranger's." in done.summary) is fork
