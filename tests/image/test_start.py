"""A container that is started for a moment, on a real engine."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from image.by_hand import built, docker
from msgspec.structs import replace

from reviewbot.image.docker.engine import Connection
from reviewbot.image.docker.start import can_start, start

pytestmark = pytest.mark.engine
DEBIAN = "FROM debian:bookworm-slim\n"


@pytest.mark.parametrize(
    ("command", "status", "said", "is_up"),
    [
        (["sleep", "1000"], None, "", True),
        (["true"], 0, "", True),
        (["sh", "-c", "echo one; echo '\033[31mtwo\033[0m' >&2; exit 3"], 3, "two", False),
        (["/nowhere"], 127, 'exec: "/nowhere": stat /nowhere: no such file or directory', False),
        (["/etc/passwd"], 126, 'exec: "/etc/passwd": permission denied', False),
        (["sh", "-c", "grep -q eth /proc/net/dev && exit 9; mount -t tmpfs x /mnt && exit 8; exit 4"], 4, None, False),
    ],
)
def test_how_a_container_begins(
    command: list[str],
    status: int | None,
    said: str | None,
    is_up: bool,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = f"reviewbot-test-{uuid.uuid4().hex}"
    monkeypatch.setattr("reviewbot.image.docker.start._NAME", own)
    with built(connection, tmp_path, {"Dockerfile": f"{DEBIAN}CMD {json.dumps(command)}\n"}) as image:
        started = start(connection, image, 1.0)
    assert started is not None
    assert (started.status, started.is_up) == (status, is_up)
    assert said is None or started.said == said
    assert own not in docker(connection, "ps", "--all", "--format={{.Names}}").decode()


def test_what_the_engine_has_not_tells_nothing(connection: Connection) -> None:
    assert start(connection, "reviewbot.invalid/nothing:1") is None


def test_a_platform_may_name_its_variant(connection: Connection) -> None:
    arm = replace(connection, platform="linux/arm64")
    assert can_start("linux/arm64/v8", arm)
    assert not can_start("linux/amd64", arm)
