"""A review whose images are measured by a matrix of jobs: it says what one job would have said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from end_to_end import sample
from end_to_end.job import Done
from end_to_end.scene import NUMBER, Scene

WORKER = """\
FROM debian:bookworm-slim
RUN useradd --system --create-home worker
RUN install -m 4755 /bin/true /usr/local/bin/raise
COPY work.sh /srv/
USER worker
CMD sh /srv/work.sh
"""
CHANGE: sample.Files = {
    **sample.LARGER,
    "worker/Dockerfile": WORKER,
    "worker/work.sh": "exec sleep 1\n",
    "worker/.dockerignore": sample.DOCKERIGNORE,
}
READS = {"contents": "read"}


@pytest.mark.engine
def test_a_matrix_of_jobs_says_what_one_job_says(scene: Scene, tmp_path: Path) -> None:
    scene.open(CHANGE)
    names = json.loads(scene.review(READS, build="true", mode="plan").outputs["images"])
    assert names == ["web", "worker/Dockerfile"]

    collected = tmp_path / "collected"
    for number, name in enumerate(names):
        done = scene.review(READS, build="true", mode="measure", image=name, network="none")
        assert done.status == 0, done.log
        place = collected / f"reviewbot-measured-{number}"
        place.mkdir(parents=True)
        shutil.copy(done.workspace / done.outputs["measured"], place)
    assert scene.writes == []

    job = scene.job(build="true", measured="measured/**/*.json")
    shutil.copytree(collected, job.workspace / "measured")
    together = job.run()
    assert scene.thread("setuid-file").line == 3
    assert "`worker/Dockerfile`" in scene.summary and "5.0 MB" in scene.summary

    scene.fake.requests.clear()
    alone = scene.review(build="true", network="none")
    assert untimed(together) == untimed(alone)
    assert scene.writes == []


def untimed(done: Done) -> dict[str, Any]:
    """The report without what differs from run to run."""
    report = done.report
    images = [
        {key: value for key, value in image.items() if key not in ("build_seconds", "timings")}
        for image in report["images"]
    ]
    return {"images": images, "findings": report["findings"], "suggestions": report["suggestions"]}


@pytest.mark.engine
def test_an_image_that_no_job_measured_is_told(scene: Scene) -> None:
    scene.open(CHANGE)
    measured = scene.review(READS, build="true", mode="measure", image="web", network="none")
    job = scene.job(build="true", measured="m.json")
    shutil.copy(measured.workspace / "reviewbot-measured.json", job.workspace / "m.json")
    done = job.run()
    states = {image["name"]: (image["status"], image["reason"]) for image in done.report["images"]}
    assert states["web"] == ("measured", None)
    assert states["worker/Dockerfile"] == ("skipped", "no job of this workflow measured it")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "it is no file of `mode: measure`"),
        (b'{"version": 2, "base": "", "head": "", "measured": {"reports": []}}', "version 2"),
        (b'{"version": 1, "base": "a", "head": "b", "measured": {"reports": []}}', "it is about a...b"),
        (None, "no job handed over"),
    ],
)
def test_a_file_that_cannot_be_used_costs_the_sizes_alone(scene: Scene, content: bytes | None, said: str) -> None:
    scene.open({**sample.ROOT_USER})
    job = scene.job(build="true", measured="measured.json, /etc/passwd, ../*.json")
    if content is not None:
        (job.workspace / "measured.json").write_bytes(content)
    done = job.run()
    assert said in done.summary
    assert scene.rules == ["json-form-command", "non-root-user"]
    assert done.report["images"][0]["status"] == "skipped"


def test_a_change_without_images_has_an_empty_matrix(scene: Scene) -> None:
    scene.open(sample.UNRELATED)
    done = scene.review(READS, build="true", mode="plan")
    assert (done.status, done.outputs["images"]) == (0, "[]")
    assert scene.review(READS, build="true", mode="measure").status == 0


@pytest.mark.parametrize(
    ("event", "inputs", "said"),
    [
        ("pull_request", {"mode": "plans"}, "`mode` is review, plan, measure"),
        ("pull_request_target", {"mode": "measure"}, "`pull_request_target` is none"),
    ],
)
def test_what_a_job_cannot_be(scene: Scene, event: str, inputs: dict[str, str], said: str) -> None:
    scene.open(sample.LARGER)
    done = scene.review(READS, event=event, payload=scene.fake.event(NUMBER, "opened"), **inputs)
    assert done.status == 2
    assert said in done.log
