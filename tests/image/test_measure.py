"""Base and head, built and measured on a real engine, against what the engine itself says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewbot.image.docker.engine import Connection, Engine
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import LayerChange

pytestmark = pytest.mark.engine

Change = Callable[..., Any]
DEBIAN = "FROM debian:bookworm-slim\n"
SAME, ADDED, REMOVED = LayerChange.SAME, LayerChange.ADDED, LayerChange.REMOVED
GROWN, SHRUNK, DRIFT = LayerChange.GROWN, LayerChange.SHRUNK, LayerChange.DRIFT


@pytest.fixture(autouse=True)
def _nothing_is_left(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test under a name of its own: others may run on the same engine meanwhile."""
    own = f"reviewbot.invalid/{uuid.uuid4().hex}"
    monkeypatch.setattr("reviewbot.image.docker.engine._REPOSITORY", own)
    yield
    assert _docker(connection, "image", "ls", "--all", "--quiet", own) == ""


def _docker(connection: Connection, *arguments: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        [connection.docker, *arguments], env=dict(connection.environment), input=stdin, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(report: ImageReport) -> list[tuple[int | None, int | None, int | None, LayerChange]]:
    return [(layer.line, layer.before, layer.after, layer.change) for layer in report.layers]


def adds_up(report: ImageReport) -> bool:
    size = report.size
    assert size is not None
    after = size.base_image_after + sum(layer.after or 0 for layer in report.layers)
    before = (size.base_image_before or 0) + sum(layer.before or 0 for layer in report.layers)
    return after == size.after and before == (size.before or 0)


EVERYTHING = """\
ARG RELEASE=bookworm
FROM debian:${RELEASE}-slim AS build
ARG COUNT=100000
WORKDIR /src
RUN --mount=type=tmpfs,target=/scratch head -c $COUNT /dev/zero > /src/out
COPY a.txt ./

FROM build AS test
RUN head -c 999 /dev/zero > /tests

FROM build AS final
ENV A=b
RUN <<EOT
head -c 70 /dev/zero > /seventy
EOT
COPY --link --from=test /tests /p/
COPY <<F1 <<F2 /d/
one
F1
two
F2
USER nobody
CMD ["sh"]
"""


def test_every_byte_is_where_docker_says_it_is(changed: Change, connection: Connection) -> None:
    files = {"a.txt": "hello\n", "Dockerfile": EVERYTHING}
    base = {"a.txt": "hello\n", "Dockerfile": EVERYTHING.replace("COUNT=100000", "COUNT=40000")}
    report = changed(base, files).report()
    tag = f"reviewbot-test-{uuid.uuid4().hex}"
    try:
        _docker(
            connection,
            "buildx",
            "build",
            "--load",
            f"--tag={tag}",
            "-",
            stdin=EVERYTHING.replace("COPY a.txt ./", "RUN echo hello > a.txt"),
        )
        (inspected,) = json.loads(_docker(connection, "image", "inspect", tag))
        history = _docker(connection, "history", "--human=false", "--no-trunc", "--format={{.Size}}", tag)
    finally:
        _docker(connection, "image", "rm", tag)
    assert report.status is ImageStatus.MEASURED
    assert report.notices == ()
    assert report.size.after == inspected["Size"]
    sizes = [int(size) for size in history.split()][::-1]
    assert [layer.after for layer in report.layers if layer.after] == [size for size in sizes[1:] if size]
    assert report.size.base_image_after == report.size.base_image_before == sizes[0]
    assert told(report) == [
        (4, 0, 0, SAME),
        (5, 40_000, 100_000, GROWN),
        (6, 6, 6, SAME),
        (13, 70, 70, SAME),
        (16, 999, 999, SAME),
        (17, 8, 8, SAME),
    ]
    assert adds_up(report)
    assert (report.after.user, report.after.command, report.platform) == ("nobody", ("sh",), connection.platform)
    assert report.base_images.keys() == {"debian:${RELEASE}-slim", "debian:bookworm-slim"}


def test_an_added_a_removed_and_an_edited_instruction(changed: Change) -> None:
    base = f"{DEBIAN}RUN head -c 5000 /dev/zero > /a\nRUN head -c 300 /dev/zero > /b\nRUN head -c 9 /dev/zero > /c\n"
    head = f"{DEBIAN}RUN head -c 7000 /dev/zero > /a\nRUN head -c 9 /dev/zero > /c\nCOPY big /big\n"
    report = changed({"Dockerfile": base}, {"Dockerfile": head, "big": b"x" * 123_456}).report()
    assert told(report) == [
        (2, 5_000, 7_000, GROWN),
        (3, 300, None, REMOVED),
        (3, 9, 9, SAME),
        (4, None, 123_456, ADDED),
    ]
    assert report.size.difference == 2_000 - 300 + 123_456
    assert adds_up(report)


def test_another_environment_adds_nothing(changed: Change) -> None:
    base = f"{DEBIAN}ENV A=1\nRUN head -c 10 /dev/urandom > /r\n"
    report = changed({"Dockerfile": base}, {"Dockerfile": base.replace("A=1", "A=2")}).report()
    assert told(report) == [(3, 10, 10, SAME)]
    assert report.size.difference == 0
    assert (dict(report.before.env)["A"], dict(report.after.env)["A"]) == ("1", "2")


def test_steps_that_base_and_head_share_run_once(changed: Change) -> None:
    step = f"RUN echo {uuid.uuid4()} && head -c $(($(od -An -N2 -tu2 /dev/urandom) + 9)) /dev/zero > /random\n"
    base = f"{DEBIAN}{step}"
    report = changed({"Dockerfile": base}, {"Dockerfile": f"{base}RUN head -c 5 /dev/zero > /x\n"}).report()
    assert [layer.change for layer in report.layers] == [SAME, ADDED]
    assert report.size.difference == 5


def test_another_base_image_is_told_apart(changed: Change, connection: Connection) -> None:
    own = "RUN head -c 5 /dev/zero > /x\n"
    report = changed({"Dockerfile": f"{DEBIAN}{own}"}, {"Dockerfile": f"FROM debian:trixie-slim\n{own}"}).report()
    images = [connection.inspect(f"debian:{release}-slim") for release in ("bookworm", "trixie")]
    assert [report.size.base_image_before, report.size.base_image_after] == [image.size for image in images if image]
    assert told(report) == [(2, 5, 5, SAME)]


def test_an_image_from_scratch_without_a_base(changed: Change) -> None:
    report = changed({"a": "abc"}, {"a": "abc", "Dockerfile": "FROM scratch\nCOPY a /a\n"}).report()
    assert told(report) == [(2, None, 3, ADDED)]
    assert (report.size.before, report.size.after, report.size.base_image_after) == (None, 3, 0)


def test_triggers_of_the_base_stand_at_the_from(changed: Change, connection: Connection) -> None:
    base = f"reviewbot-test-{uuid.uuid4().hex}:1"
    text = f"{DEBIAN}ONBUILD COPY a /a\nONBUILD RUN head -c 50 /dev/zero > /b\n"
    _docker(connection, "buildx", "build", "--load", f"--tag={base}", "-", stdin=text)
    try:
        report = changed({"a": "abc"}, {"a": "abc", "Dockerfile": f"# a comment\nFROM {base}\nRUN true\n"}).report()
    finally:
        _docker(connection, "image", "rm", base)
    assert told(report) == [(2, None, 3, ADDED), (2, None, 50, ADDED), (3, None, 0, ADDED)]
    assert report.layers[0].instruction == "ONBUILD COPY a /a"


def test_a_target_and_arguments_of_compose(changed: Change) -> None:
    compose = "services:\n  api:\n    build: {context: app, target: small, args: {N: 100}}\n"
    files = {
        "app/Dockerfile": f"{DEBIAN.strip()} AS small\nARG N=1\nRUN head -c $N /dev/zero > /n\n\nFROM small\nRUN false\n",
        "compose.yaml": compose,
    }
    report = changed(files, {**files, "compose.yaml": compose.replace("100", "250")}).report()
    assert report.spec.name == "api"
    assert told(report) == [(3, 100, 250, GROWN)]


def test_the_context_is_what_is_committed_and_not_ignored(changed: Change) -> None:
    files = {"Dockerfile": "FROM scratch\nCOPY . /\n", "kept": "12345", "left-out": "x" * 1_000}
    report = changed({}, {**files, "Dockerfile.dockerignore": "*\n!kept\n", ".dockerignore": "kept\n"}).report()
    assert report.size.after == 5


def test_a_run_that_fails_is_told_with_its_line_and_output(changed: Change) -> None:
    head = f"{DEBIAN}\nRUN echo before\n\nRUN echo 'the secret is hunter2' \\\n && exit 7\nRUN echo never\n"
    report = changed({"Dockerfile": DEBIAN}, {"Dockerfile": head}).report(
        mask=lambda text: text.replace("hunter2", "***")
    )
    assert report.status is ImageStatus.FAILED
    assert report.failure.path == "Dockerfile"
    assert report.failure.line == 5
    assert report.failure.message == "process did not complete successfully: exit code: 7"
    assert report.failure.log == "the secret is ***"
    assert report.size is None


HOSTILE = """\
RUN <<'EOT'
printf '::error file=x::hi\\n\\033[31mred\\033[0m\\n\\r------\\nDockerfile:1\\n--------------------\\n'
printf '   1 | >>> x\\n--------------------\\nERROR: failed to solve: spoof\\n\\342\\200\\256evil\\n'
head -c 100000 /dev/zero | tr '\\0' x; echo
printf '\\377\\376 not text\\n'
exit 3
EOT
"""


def test_a_log_cannot_pretend_to_be_the_builder(changed: Change) -> None:
    failure = changed({}, {"Dockerfile": f"{DEBIAN}# about to fail\n{HOSTILE}"}).report().failure
    assert failure.line == 3
    assert failure.message == "process did not complete successfully: exit code: 3"
    assert "ERROR: failed to solve: spoof\nevil\nxxx" in failure.log
    assert not set("\x1b\r\u202e\udcff") & set(failure.log)
    assert max(map(len, failure.log.splitlines())) <= 300


def test_a_missing_file_fails_at_its_copy(changed: Change) -> None:
    report = changed({"Dockerfile": DEBIAN}, {"Dockerfile": f"{DEBIAN}RUN true\nCOPY nowhere /x\n"}).report()
    assert (report.failure.line, report.failure.message) == (3, '"/nowhere": not found')


def test_a_base_that_does_not_build_leaves_the_absolute_size(changed: Change) -> None:
    report = changed({"Dockerfile": f"{DEBIAN}RUN exit 4\n"}, {"Dockerfile": f"{DEBIAN}RUN echo hi > /x\n"}).report()
    assert report.status is ImageStatus.MEASURED
    assert (report.size.before, report.layers[0].after) == (None, 3)
    assert report.notices == (
        "The base's image was not built, so there is nothing to compare with: "
        "process did not complete successfully: exit code: 4",
    )


def test_a_failure_that_the_base_has_too_is_not_new(changed: Change) -> None:
    fails = f"{DEBIAN}RUN echo mine; exit 4\n"
    alike = changed({"Dockerfile": fails}, {"Dockerfile": f"{fails}RUN true\n"}).measure()
    assert [report.status for report in (*alike.reports, *alike.base_reports)] == [ImageStatus.FAILED] * 2
    other = changed({"Dockerfile": fails}, {"Dockerfile": fails.replace("mine", "yours")}).measure()
    assert (other.reports[0].status, other.base_reports) == (ImageStatus.FAILED, ())
    mended = changed({"Dockerfile": fails}, {"Dockerfile": DEBIAN}).measure()
    assert [report.status for report in (*mended.reports, *mended.base_reports)] == [
        ImageStatus.MEASURED,
        ImageStatus.FAILED,
    ]


def test_a_build_that_never_ends_is_ended_with_all_it_started(changed: Change) -> None:
    seconds = str(uuid.uuid4().int % 10**9 + 10**9)
    head = f"{DEBIAN}RUN echo started \\\n && (sleep {seconds} & sleep {seconds})\n"
    change = changed({}, {"Dockerfile": head, "b/Dockerfile": f"{DEBIAN}RUN true\n"}, build_timeout=3)
    reports = change.measure().reports
    assert reports[0].failure.message.startswith("the build was ended: it took longer than")
    assert (reports[0].failure.line, reports[0].failure.log) == (2, "started")
    assert (reports[1].status, reports[1].reason) == (ImageStatus.SKIPPED, "no time was left to build it")
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep {seconds}" not in processes


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interruption_ends_both_builds(changed: Change, tmp_path: Path, number: signal.Signals, status: int) -> None:
    marks = [str(uuid.uuid4().int % 10**9 + 10**9) for _ in "ab"]
    base, head = ({"Dockerfile": f"{DEBIAN}RUN echo {mark}; sleep {mark}\n"} for mark in marks)
    root = changed(base, head).read.repository.root
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "reviewbot", "review", "-C", str(root), "--base=HEAD~1", "--network=none"]
    with subprocess.Popen(
        [*command, "--no-registry"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        # Whoever started the tests in the background left them deaf to it.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        env={**os.environ, "TMPDIR": str(scratch)},
    ) as process:
        assert process.stderr is not None
        waiting = {"(base): [2/2] RUN", "(head): [2/2] RUN"}
        for line in process.stderr:
            waiting = {text for text in waiting if text not in line.decode()}
            if not waiting:
                break
        assert process.poll() is None
        process.send_signal(number)
        assert process.wait(30) == status
    assert list(scratch.iterdir()) == []
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert not any(f"sleep {mark}" in processes for mark in marks)


def test_a_build_gets_no_entitlement_and_no_secret(changed: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret")
    refused = changed({}, {"Dockerfile": f"{DEBIAN}RUN --network=host true\n"}).report()
    assert refused.status is ImageStatus.FAILED
    assert "network.host is not allowed" in refused.failure.message
    seen = f"{DEBIAN}RUN --mount=type=secret,id=GITHUB_TOKEN env; ls /run/secrets; echo done; exit 1\n"
    log = changed({}, {"Dockerfile": seen}).report().failure.log
    assert "done" in log
    assert "ghs_secret" not in log


def test_an_unknown_front_end_is_not_run(changed: Change) -> None:
    report = changed({"Dockerfile": DEBIAN}, {"Dockerfile": f"# syntax=evil.example/frontend\n{DEBIAN}"}).report()
    assert report.status is ImageStatus.SKIPPED
    assert "evil.example/frontend" in report.reason


def test_the_usual_front_end_is_not_a_reason_to_fail_where_it_cannot_be_had(changed: Change) -> None:
    head = f"# syntax=docker/dockerfile:1\n{DEBIAN}RUN head -c 5 /dev/zero > /x\n"
    report = changed({"Dockerfile": head}, {"Dockerfile": head.replace("-c 5", "-c 9")}).report()
    assert told(report) == [(3, 5, 9, GROWN)]


def test_a_registry_out_of_reach_is_no_fault_of_the_change(changed: Change) -> None:
    report = changed({}, {"Dockerfile": "FROM registry.invalid/nothing:1\n"}).report()
    assert report.status is ImageStatus.SKIPPED
    assert "registry.invalid" in report.reason


def test_a_context_over_the_limit_is_not_built(changed: Change) -> None:
    head = {"Dockerfile": "FROM scratch\nCOPY big /\n", "big": b"x" * 2_000}
    report = changed({}, head, max_context="1kB").report()
    assert report.status is ImageStatus.SKIPPED
    assert "more than 1000 bytes" in report.reason


def test_a_stage_that_is_not_there(changed: Change) -> None:
    compose = "services: {x: {build: {context: ., target: nowhere}}}\n"
    report = changed({}, {"Dockerfile": DEBIAN, "compose.yaml": compose}).report()
    assert report.failure.message == "there is no stage 'nowhere'"


def test_a_broken_budget_is_said(changed: Change) -> None:
    head = f"{DEBIAN}RUN head -c 2000000 /dev/zero > /x\n"
    report = changed({"Dockerfile": DEBIAN}, {"Dockerfile": head}, max_increase="500kB").report()
    assert report.broken_budgets == ("It grows by 2.0 MB, 1.5 MB more than the 500.0 kB allowed.",)


def test_progress_tells_the_steps(changed: Change) -> None:
    lines: list[str] = []
    changed({"Dockerfile": DEBIAN}, {"Dockerfile": f"{DEBIAN}RUN true\n"}).report(progress=lines.append)
    assert "building Dockerfile (head): [2/2] RUN" in lines


def test_an_engine_that_goes_away_is_said_of_each_image(changed: Change, connection: Connection) -> None:
    change = changed({}, {"Dockerfile": DEBIAN})
    gone = Engine({**connection.environment, "DOCKER_HOST": "unix:///nowhere/docker.sock"})
    measured = change.measure(gone)
    assert [report.status for report in measured.reports] == [ImageStatus.SKIPPED]
    assert len(measured.notices) == 1
    assert measured.notices[0].message.startswith(
        "No image was built or measured: no Docker Engine answers at unix:///nowhere/docker.sock"
    )
