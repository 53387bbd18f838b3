"""The action's own image, built from its Dockerfile and started as the runner starts it, on a real engine."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL
from end_to_end.fake_github.state import Comment
from end_to_end.scene import NUMBER, Scene

from reviewbot.image.docker.engine import Connection

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
LOCAL_BASE = "debian:trixie-slim"
"""What `.ci/engine` makes where there is no registry to have the Dockerfile's own base from."""
RUNNER = 1001
"""The user that owns the workspace on GitHub's machines; the action's container runs as root."""

WORSE: sample.Files = {
    "Dockerfile": sample.DOCKERFILE.replace("USER app\n", "RUN head -c 5000000 /dev/urandom > /srv/cache\nUSER app\n")
    .replace('CMD ["sh", "/srv/serve.sh"]', "CMD sh /srv/serve.sh")
    .replace("useradd --system", "useradd --system --shell /bin/sh"),
    "motd.txt": "hello\n" * 20_000,
}
"""Larger by a layer and by a file, and one finding that has a suggestion."""


@dataclass(frozen=True)
class ByHand:
    """An image as `docker image inspect` and `docker history` tell of it; ``layers`` from the base upwards."""

    size: int
    layers: tuple[int, ...]


def docker(connection: Connection, *arguments: str) -> str:
    done = subprocess.run(
        [connection.docker, *arguments], env=dict(connection.environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def action_image(connection: Connection) -> Iterator[str]:
    tag = f"reviewbot-test-action:{uuid.uuid4().hex}"
    here = connection.inspect(LOCAL_BASE) is not None
    given = ["--network=host", f"--build-arg=BASE={LOCAL_BASE}"] if here else []
    docker(connection, "buildx", "build", "--load", f"--tag={tag}", *given, str(ROOT))
    yield tag
    docker(connection, "image", "rm", "--force", tag)


def by_hand(connection: Connection, folder: Path) -> ByHand:
    """Build a checkout as anybody would, and look."""
    tag = f"reviewbot-test-by-hand:{uuid.uuid4().hex}"
    docker(connection, "buildx", "build", "--load", "--network=none", f"--tag={tag}", str(folder))
    try:
        size = int(docker(connection, "image", "inspect", "--format={{.Size}}", tag))
        history = docker(connection, "history", "--human=false", "--format={{.Size}}", tag)
    finally:
        docker(connection, "image", "rm", "--force", tag)
    return ByHand(size, tuple(int(line) for line in reversed(history.split())))


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def test_its_numbers_are_those_of_docker_by_hand(
    scene: Scene, connection: Connection, action_image: str, tmp_path: Path
) -> None:
    head = scene.open(WORSE)
    job = scene.job(build="true", network="none", fail_on="never")
    hand_over(job.workspace)
    done = job.finish(job.start_container(action_image, connection))

    before = by_hand(connection, scene.application.checkout(tmp_path / "base", scene.application.base))
    after = by_hand(connection, scene.application.checkout(tmp_path / "head", head))
    grown = after.size - before.size

    assert done.status == 0, done.log
    assert (done.outputs["size-before"], done.outputs["size-after"]) == (str(before.size), str(after.size))
    assert done.outputs["size-delta"] == str(grown)
    (image,) = done.report["images"]
    assert [image["size"]["base_image_after"], *weights(image)] == [size for size in after.layers if size]
    row = f"| `web` | {megabytes(before.size)}*| {megabytes(after.size)}*| **+{megabytes(grown)}**"
    assert re.search(re.escape(row).replace(r"\*\|", r"(?:<br>[^|]*)? \|"), scene.summary), scene.summary
    *_, copied, cached = [size for size in after.layers if size]
    assert re.search(rf"`Dockerfile:5`.* adds {megabytes(cached)} · .*`Dockerfile:4`.* adds", scene.summary)
    assert (copied, cached) == (120_055, 5_000_000)

    assert scene.rules == ["image-growth", "json-form-command"]
    assert scene.thread("image-growth").line == 5
    offered = scene.fake.apply_suggestions(NUMBER, scene.thread("json-form-command"))
    assert offered["Dockerfile"].decode().endswith('CMD ["sh", "/srv/serve.sh"]\n')


def test_a_second_run_of_the_container_writes_nothing(scene: Scene, connection: Connection, action_image: str) -> None:
    scene.open(WORSE)
    for writes in (True, False):
        scene.fake.requests.clear()
        job = scene.job(fail_on="warning")
        hand_over(job.workspace)
        done = job.finish(job.start_container(action_image, connection))
        assert done.status == 1, done.log
        assert bool(scene.writes) is writes


EVENTS: dict[str, tuple[Callable[[Scene], dict[str, Any]], int]] = {
    "pull_request": (lambda scene: scene.fake.event(NUMBER, "opened"), 1),
    "pull_request_target": (lambda scene: scene.fake.event(NUMBER, "synchronize"), 1),
    "merge_group": (lambda s: s.fake.merge_group_event(NUMBER, s.application.base, s.application.head), 1),
    "push": (lambda scene: scene.fake.push_event(scene.application.base, scene.application.head), 0),
    "schedule": (lambda scene: scene.fake.plain_event("schedule"), 0),
    "workflow_dispatch": (lambda scene: scene.fake.plain_event("workflow_dispatch"), 0),
    "workflow_run": (lambda scene: scene.fake.run_event(NUMBER, 77), 0),
    "issue_comment": (lambda scene: scene.fake.comment_event(NUMBER, asked(scene)), 0),
    "pull_request_review_comment": (lambda scene: scene.fake.comment_event(NUMBER, asked_in_thread(scene)), 0),
}
"""For each event its payload and the job's exit status: GitHub's examples, about this repository."""


def asked(scene: Scene) -> Comment:
    scene.fake.add_person("maintainer", "write")
    return scene.fake.user_comments(NUMBER, "/reviewbot recheck", "maintainer")


def asked_in_thread(scene: Scene) -> Comment:
    scene.review({"contents": "read", "pull-requests": "write"}, fail_on="never")
    scene.fake.add_person("maintainer", "write")
    return scene.fake.user_replies(scene.thread("compose-secret"), "/reviewbot recheck", "maintainer")


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_through_the_container(scene: Scene, connection: Connection, action_image: str, event: str) -> None:
    scene.open(sample.COMPOSE_TROUBLE)
    payload, status = EVENTS[event]
    job = scene.job({**FULL, "actions": "read"}, event=event, payload=payload(scene))
    hand_over(job.workspace)
    done = job.finish(job.start_container(action_image, connection))

    assert done.status == status, done.log
    assert "Traceback" not in done.log
    if event in ("push", "schedule", "workflow_dispatch"):
        assert "compose-secret" in done.rules
    else:
        (run,) = scene.fake.check_runs(scene.application.head)
        assert run.conclusion == "failure"
        assert ("compose-secret" in scene.rules) == (event != "merge_group")


def test_it_is_small(connection: Connection, action_image: str) -> None:
    built = connection.inspect(action_image)
    assert built is not None
    assert built.size < 375_000_000


def weights(image: Mapping[str, Any]) -> list[int]:
    """What the report says that each instruction adds, where it adds anything."""
    return [layer["after"] for layer in image["layers"] if layer["after"]]


def hand_over(folder: Path) -> None:
    """Give a workspace to the user whose it is on a runner, where the tests may do that."""
    if os.getuid() != 0:
        return
    for place in (folder, *folder.rglob("*")):
        os.chown(place, RUNNER, RUNNER, follow_symlinks=False)
