"""Builders, secrets and caches: as the base says, given to builds that may have them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewbot.image.build.means import means_of
from reviewbot.image.docker.builders import Builders
from reviewbot.image.docker.engine import BuildRequest, BuildResult, Connection, Engine
from reviewbot.image.docker.shelf import Shelf
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.settings import SecretSettings, Settings, SettingsProblem, read_settings

Change = Callable[..., Any]
DEBIAN = "FROM debian:bookworm-slim\n"
VALUE = "correct horse\nbattery staple"
READS = f"{DEBIAN}RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /length\n"


def test_a_secret_is_a_variable_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    settings = Settings(
        secrets={"a": SecretSettings(env="TOKEN"), "b": SecretSettings(file=str(tmp_path / "file"))},
    )
    means = means_of(settings, {"TOKEN": VALUE, "OTHER": "x"})
    assert means.secrets == {"a": VALUE.encode(), "b": b"content"}
    assert means.notices == ()
    assert "horse" not in repr(means)


def test_a_secret_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    sources = {
        "a": SecretSettings(env="TOKEN"),
        "b": SecretSettings(file=str(tmp_path / "none")),
        "c": SecretSettings(file=str(tmp_path / "link")),
        "d": SecretSettings(file=str(tmp_path / "pipe")),
        "e": SecretSettings(file=str(tmp_path)),
    }
    means = means_of(Settings(secrets=sources), {"TOKEN": ""})
    assert means.secrets == {}
    assert means.notices[0] == "Builds got no secret 'a': the variable TOKEN is not set."
    assert len(means.notices) == 5


def test_values_are_masked_whole_and_by_their_lines() -> None:
    means = means_of(Settings(secrets={"a": SecretSettings(env="A")}), {"A": f"{VALUE}\nab\n"})
    assert means.masking(str.upper)(f"x {VALUE} y correct horse z abc") == "X ***\n*** Y *** Z ABC"


def test_a_runner_s_cache_is_reached_only_where_it_is_asked_for() -> None:
    ambient = {"ACTIONS_RUNTIME_TOKEN": "t", "ACTIONS_RESULTS_URL": "u", "GITHUB_TOKEN": "g"}
    assert means_of(Settings(cache_from=("type=registry,ref=x",)), ambient).variables == {}
    assert means_of(Settings(cache_from=("type=gha",)), ambient).variables.keys() == {
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_RESULTS_URL",
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"secrets": {"a,src=/etc/shadow": {"env": "A"}}},
        {"secrets": {"a": {}}},
        {"secrets": {"a": {"env": "A", "file": "b"}}},
        {"bake": {"variables": {"A=B": "c"}}},
    ],
)
def test_names_that_would_say_more_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingsProblem):
        read_settings(settings, {})


@pytest.mark.engine
def test_a_build_reads_a_secret_and_no_layer_keeps_it(changed: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", VALUE)
    secrets = {"token": SecretSettings(env="TOKEN")}
    files = {"Dockerfile": f"{READS}RUN test $(cat /length) = {len(VALUE)} && test ! -s /run/secrets/token\n"}
    report: ImageReport = changed({}, files, secrets=secrets).report()
    assert (report.status, report.notices) == (ImageStatus.MEASURED, ())


@pytest.mark.engine
def test_what_a_failing_step_prints_of_a_secret_is_masked(changed: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", VALUE)
    run = "RUN --mount=type=secret,id=token cat /run/secrets/token && exit 7\n"
    said: list[str] = []
    change = changed({}, {"Dockerfile": DEBIAN + run}, secrets={"token": SecretSettings(env="TOKEN")})
    report: ImageReport = change.report(progress=said.append)
    assert report.failure is not None
    assert (report.failure.line, report.failure.log) == (2, "***")
    assert not any("horse" in line or "staple" in line for line in said)


@pytest.mark.engine
def test_without_the_secret_the_build_says_what_is_missing(changed: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    # What a step read of a secret is no part of its cache's key.
    files = {"Dockerfile": f"{READS.strip()}-{uuid.uuid4().hex}\n"}
    report: ImageReport = changed({}, files, secrets={"token": SecretSettings(env="TOKEN")}).report()
    assert report.failure is not None
    assert report.failure.line == 2
    assert report.notices[0] == "Builds got no secret 'token': the variable TOKEN is not set."


@pytest.mark.engine
def test_a_builder_that_cannot_write_a_cache_builds_without(changed: Change, tmp_path: Path) -> None:
    base = {"Dockerfile": f"{DEBIAN}RUN true\n"}
    head = {"Dockerfile": f"{DEBIAN}RUN echo a > /a\n"}
    report: ImageReport = changed(base, head, cache_to=(f"type=local,dest={tmp_path}/cache",)).report()
    assert report.status is ImageStatus.MEASURED
    assert report.size is not None
    assert report.size.before is not None


@pytest.mark.engine
@pytest.mark.parametrize("builder", ["no-such-builder", "tcp://127.0.0.1:9"])
def test_a_builder_that_is_not_there_is_no_fault_of_the_files(changed: Change, builder: str) -> None:
    report: ImageReport = changed({}, {"Dockerfile": f"{DEBIAN}RUN true\n"}, builder=builder).report()
    assert (report.status, report.failure) == (ImageStatus.SKIPPED, None)
    assert report.reason


class BuildKit:
    """A daemon of its own, without anything cached."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix://{folder}/s"
        self._log = (folder / "log").open("wb")
        arguments = [
            f"--addr={self.address}",
            f"--root={folder}/root",
            "--oci-worker=true",
            "--containerd-worker=false",
        ]
        self.process = subprocess.Popen(["buildkitd", *arguments], stdout=self._log, stderr=subprocess.STDOUT)

    def wait(self) -> None:
        for _ in range(120):
            if (self.folder / "s").exists():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.25)
        pytest.skip(f"buildkitd does not run here: {(self.folder / 'log').read_text(errors='replace')[-300:]}")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._log.close()


@pytest.fixture
def buildkit(connection: Connection) -> Iterator[Callable[[], BuildKit]]:
    """Starts daemons."""
    if os.geteuid() != 0 or shutil.which("buildkitd") is None:
        pytest.skip("a builder of one's own takes root and buildkitd on PATH")
    started: list[BuildKit] = []
    with tempfile.TemporaryDirectory(prefix="rb", ignore_cleanup_errors=True) as folder:

        def start() -> BuildKit:
            own = Path(folder, str(len(started)))
            own.mkdir()
            started.append(BuildKit(own))
            started[-1].wait()
            return started[-1]

        yield start
        for each in started:
            each.end()


@pytest.mark.parametrize("kind", [Connection, Shelf])
def test_with_and_without_an_engine_a_build_gets_the_same_means(kind: type[Connection], tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/said\n')
    docker.chmod(0o755)
    place = {"folder": tmp_path} if kind is Shelf else {}
    builders = Builders(str(docker), {}, tmp_path)
    connection = kind(str(docker), "", "linux/amd64", "", "0.13", dict(os.environ), None, builders, **place)
    connection.build(
        BuildRequest(
            tmp_path / "Dockerfile",
            tmp_path,
            5,
            network="none",
            secrets=(("token", tmp_path / "secret"),),
            cache_from=("type=local,src=a",),
            cache_to=("type=local,dest=b",),
        )
    )
    assert {
        "--network=none",
        f"--secret=id=token,src={tmp_path}/secret",
        "--cache-from=type=local,src=a",
        "--cache-to=type=local,dest=b",
    } <= set((tmp_path / "said").read_text().splitlines())


def test_an_interrupted_build_leaves_no_image(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\necho "#1 [1/1] RUN x"\n')
    docker.chmod(0o755)
    builders = Builders(str(docker), {}, tmp_path)
    connection = Connection(str(docker), "", "linux/amd64", "", "0.13", dict(os.environ), None, builders)

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        connection.build(BuildRequest(tmp_path / "Dockerfile", tmp_path, 5), interrupt)
    built, removed = (tmp_path / "said").read_text().splitlines()
    tag = next(word for word in built.split() if word.startswith("--tag=")).removeprefix("--tag=")
    assert removed == f"image rm --force -- {tag}"


NOWHERE = Engine.find({**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"})
"""No engine answers there."""

LINKED = {
    "compose.yaml": "services:\n  low: {build: low}\n"
    "  high: {build: {context: high, additional_contexts: {below: 'service:low'}}}\n",
    "low/Dockerfile": "FROM scratch\nCOPY a /a\n",
    "low/a": "a" * 1000,
    "high/Dockerfile": "FROM below\nCOPY b /b\n",
    "high/b": "b" * 200,
}


@pytest.mark.engine
def test_a_builder_behind_an_address_builds_and_the_engine_measures(
    changed: Change, buildkit: Callable[[], BuildKit]
) -> None:
    head = {**LINKED, "low/Dockerfile": "FROM scratch\nCOPY a /a\nCOPY a /more\n"}
    low, high = changed(LINKED, head, builder=buildkit().address).measure().reports
    assert [report.status for report in (low, high)] == [ImageStatus.MEASURED] * 2
    assert (low.size.before, low.size.after) == (1000, 2000)
    assert (high.size.base_image_after, high.size.after) == (2000, 2200)


@pytest.mark.engine
def test_a_builder_without_an_engine_is_enough(changed: Change, buildkit: Callable[[], BuildKit]) -> None:
    """As in a cluster, whose runners have BuildKit behind an address and nothing else."""
    head = {**LINKED, "low/Dockerfile": "FROM scratch\nCOPY a /a\nCOPY --chmod=4755 a /more\n"}
    change = changed(LINKED, head, builder=buildkit().address)
    alone, beside = change.measure(NOWHERE), change.measure()
    for one, other in zip(alone.reports, beside.reports, strict=True):
        assert (one.status, one.size, one.layers) == (ImageStatus.MEASURED, other.size, other.layers)
        assert one.contents == other.contents
    low = alone.reports[0]
    assert (low.size.before, low.size.after) == (1000, 2000)
    assert [fact.path for fact in low.contents.setuid] == ["more"]


@pytest.mark.engine
def test_a_builder_of_the_user_s_is_found_by_its_name(
    changed: Change, buildkit: Callable[[], BuildKit], tmp_path: Path, connection: Connection
) -> None:
    environment = {**connection.environment, "BUILDX_CONFIG": str(tmp_path / "buildx")}
    subprocess.run(
        [connection.docker, "buildx", "create", "--name=mine", "--driver=remote", buildkit().address],
        env=environment,
        check=True,
        capture_output=True,
    )
    engine = Engine.find({**os.environ, "BUILDX_CONFIG": environment["BUILDX_CONFIG"]})
    (report, _) = changed({}, LINKED, builder="mine").measure(engine).reports
    assert (report.status, report.size.after) == (ImageStatus.MEASURED, 1000)


@pytest.mark.engine
def test_the_base_writes_the_cache_and_later_builds_read_it(
    changed: Change, buildkit: Callable[[], BuildKit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs: list[str] = []
    build = Connection.build

    def logged(*arguments: Any) -> BuildResult:
        logs.append((result := build(*arguments)).log)
        return result

    monkeypatch.setattr(Connection, "build", logged)
    cache = tmp_path / "cache"
    options = {"cache_to": (f"type=local,dest={cache},mode=max",), "cache_from": (f"type=local,src={cache}",)}
    base, head = (
        {"a": "a", "Dockerfile": "FROM scratch\nCOPY a /a\n"},
        {"Dockerfile": "FROM scratch\nCOPY b /b\n", "b": "b"},
    )
    changed({}, head, builder=buildkit().address, **options).report()
    assert not cache.exists()
    changed(base, head, builder=buildkit().address, **options).report()
    assert cache.is_dir()
    logs.clear()
    changed({}, base, builder=buildkit().address, **options).report()
    assert "CACHED" in "".join(logs)
