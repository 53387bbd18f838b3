"""Engines that die, run out of disk or never end: the review says so, in time, and nothing is left running.

Each test has an engine of its own, on a small disk of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import reviewbot.image.docker.engine as engine_module
from reviewbot.image.docker.engine import Connection, Engine, EngineProblem
from reviewbot.image.known_images import KnownImages
from reviewbot.image.measure import Measured
from reviewbot.image.model.report import ImageStatus
from reviewbot.review import judge_change
from reviewbot.rules.catalogue import all_rules
from reviewbot.run.learnt import with_images

pytestmark = pytest.mark.engine
DEBIAN = "FROM debian:bookworm-slim\n"


class OwnEngine:
    """A daemon with its data on a file system of 700 MB."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        disk, data = folder / "disk", folder / "data"
        data.mkdir()
        with disk.open("wb") as file:
            file.truncate(700_000_000)
        run("mkfs.ext4", "-q", str(disk))
        run("mount", "-o", "loop", str(disk), str(data))
        stack.callback(run, "umount", "--lazy", str(data))
        self.data = data
        self.host = f"unix://{folder}/docker.sock"
        self.log = folder / "log"
        arguments = ["--data-root", data, "--exec-root", folder / "exec", "--pidfile", folder / "pid", "-H", self.host]
        # In a network namespace of its own: a daemon without a bridge takes the bridge of another one away.
        self.process = subprocess.Popen(
            [
                "unshare",
                "--net",
                "dockerd",
                *map(str, arguments),
                "--bridge=none",
                "--iptables=false",
                "--ip6tables=false",
            ],
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        stack.callback(self.end)

    @property
    def ambient(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": self.host}

    def wait(self) -> None:
        for _ in range(120):
            if subprocess.run(["docker", "info"], env=self.ambient, capture_output=True).returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.25)
        pytest.skip(f"no second engine can run here: {self.log.read_text(errors='replace')[-300:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        for pid_file in (self.data.parent / "exec").rglob("*.pid"):
            subprocess.run(["kill", "-9", pid_file.read_text().strip()], capture_output=True)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def own(connection: Connection) -> Iterator[OwnEngine]:
    if os.geteuid() != 0 or not all(map(shutil.which, ("dockerd", "mkfs.ext4", "unshare"))):
        pytest.skip("a second engine takes root, dockerd, mkfs.ext4 and unshare")
    with ExitStack() as stack:
        # Paths of sockets have to be short.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rb", ignore_cleanup_errors=True)))
        try:
            engine = OwnEngine(folder, stack)
        except subprocess.CalledProcessError as problem:
            pytest.skip(f"no small disk can be made here: {problem.stderr.decode(errors='replace')[:300]}")
        engine.wait()
        saved = subprocess.Popen(
            [connection.docker, "save", "debian:bookworm-slim"],
            env=dict(connection.environment),
            stdout=subprocess.PIPE,
        )
        subprocess.run(
            ["docker", "load", "-q"], env=engine.ambient, stdin=saved.stdout, check=True, capture_output=True
        )
        saved.wait()
        yield engine


def test_a_full_disk_is_said_and_the_engine_goes_on(own: OwnEngine, changed: Callable[..., Any]) -> None:
    head = f"{DEBIAN}RUN cat /dev/zero > /x\nCMD serve now\n"
    start = time.monotonic()
    change = changed({"Dockerfile": DEBIAN}, {"Dockerfile": head}, build_timeout=60)
    with pytest.MonkeyPatch.context() as patch:
        # The disk is smaller than what the engine is to be left.
        patch.setattr(engine_module, "_free_bytes", lambda folder: shutil.disk_usage(folder).free + 700_000_000)
        measured = change.measure(Engine(own.ambient))
    assert time.monotonic() - start < 60
    (report,) = measured.reports
    assert report.failure is not None
    assert report.failure.line == 2
    assert "disk" in report.failure.message
    assert own.process.poll() is None
    assert ("json-form-command", 3) in findings(change, measured)
    assert is_over("cat /dev/zero")


def test_a_disk_that_is_full_already_is_no_fault_of_the_files(own: OwnEngine, changed: Callable[..., Any]) -> None:
    (report,) = changed({}, {"Dockerfile": f"{DEBIAN}RUN true\n"}).measure(Engine(own.ambient)).reports
    assert (report.status, report.failure) == (ImageStatus.SKIPPED, None)
    assert report.reason.startswith("the engine's disk has ")
    assert "make room" in report.reason


def test_an_engine_that_dies_in_the_middle_is_said(own: OwnEngine, changed: Callable[..., Any]) -> None:
    head = f"{DEBIAN}RUN echo started; sleep 86399\nCMD serve now\n"
    change = changed({}, {"Dockerfile": head, "b/Dockerfile": f"{DEBIAN}RUN true\n"}, build_timeout=90)
    killed: list[float] = []

    def progress(line: str) -> None:
        if "RUN" in line and not killed:
            own.kill()
            killed.append(time.monotonic())

    # The disk is smaller than what the engine is to be left: what counts here is how it ends.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "_free_bytes", lambda folder: None)
        measured = change.measure(Engine(own.ambient), progress=progress)
    assert killed
    assert time.monotonic() - killed[0] < 30
    assert [report.status for report in measured.reports] == [ImageStatus.SKIPPED] * 2
    assert all(report.reason for report in measured.reports)
    assert ("json-form-command", 3) in findings(change, measured)


def test_an_engine_that_is_gone_after_the_builds_is_said(
    changed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*arguments: object) -> None:
        raise EngineProblem("it is gone")

    monkeypatch.setattr(KnownImages, "configs", gone)
    report = changed({}, {"Dockerfile": f"{DEBIAN}RUN true\n"}).report()
    assert (report.status, report.reason) == (ImageStatus.SKIPPED, "it is gone")


def test_a_flood_of_output_is_ended_in_time(changed: Callable[..., Any]) -> None:
    start = time.monotonic()
    report = changed({}, {"Dockerfile": f"{DEBIAN}RUN yes flooding-{os.getpid()}\n"}, build_timeout=4).report()
    assert time.monotonic() - start < 30
    assert report.failure.line == 2
    assert report.failure.message.startswith("the build was ended")
    assert len(report.failure.log) < 50_000
    assert is_over(f"flooding-{os.getpid()}")


def test_a_context_of_300_megabytes(changed: Callable[..., Any]) -> None:
    files = {"Dockerfile": "FROM scratch\nCOPY big /\n", "big": bytes(300_000_000)}
    change = changed({}, files)
    report = change.report()
    assert report.size.after == 300_000_000
    assert report.contents.visible == 300_000_000


def findings(change: Any, measured: Measured) -> set[tuple[str, int]]:
    """What the review says all the same: rules and lines."""
    head, base = with_images(change.head, change.base, measured)
    found = judge_change(change.read.change, base, head, change.settings, all_rules())[2]
    return {(finding.rule, finding.location.line) for finding in found}


def is_over(command: str) -> bool:
    """Whether no process of that command is left, soon after the engine was told to end it."""
    for _ in range(50):
        if command not in processes():
            return True
        time.sleep(0.2)
    return False


def processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
