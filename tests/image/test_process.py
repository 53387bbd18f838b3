from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from reviewbot.image.docker.process import Ended, StreamProblem, run_bounded, streamed


def run(code: str, seconds: float = 20, output_bytes: int = 1_000_000, **options: object) -> Ended:
    command = [sys.executable, "-c", code]
    return run_bounded(command, os.environ, seconds=seconds, output_bytes=output_bytes, **options)  # type: ignore[arg-type]


def test_status_and_both_streams_come_back() -> None:
    ended = run("import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)")
    assert (ended.status, ended.output, ended.stopped) == (3, "out\nerr\n", None)


def test_lines_are_passed_on_as_they_come() -> None:
    lines: list[str] = []
    run("print('a'); print('b' * 10_000); print('c')", on_line=lines.append)
    assert lines == ["a", "b" * 2_000, "c"]


def test_time_ends_it_with_its_children() -> None:
    script = "sleep 600 & echo $!; echo $$; wait"
    ended = run_bounded(["sh", "-c", script], os.environ, seconds=2, output_bytes=100)
    assert ended.stopped == "took longer than 2 seconds"
    pids = ended.output.split()
    assert len(pids) == 2
    assert not any(is_running(pid) for pid in pids)


def test_a_flood_ends_it_and_only_the_end_is_kept() -> None:
    ended = run("while True: print('x' * 1000)", output_bytes=3_000_000)
    assert ended.stopped == "printed more than 3000000 bytes"
    assert len(ended.output) <= 260_000


def test_whoever_watches_can_end_it() -> None:
    reasons = iter([None, "left no disk"])
    ended = run("import time; time.sleep(600)", watch=lambda: next(reasons))
    assert ended.stopped == "left no disk"


def test_a_stream_that_never_pauses_is_over_in_time_too() -> None:
    script = "echo $$; exec cat /dev/zero"
    with streamed(["sh", "-c", script], os.environ, seconds=1) as blocks:
        pid = next(blocks).split(b"\n")[0].decode()
        began = time.monotonic()
        with pytest.raises(StreamProblem, match="too long"):
            while time.monotonic() < began + 5:
                next(blocks)
                time.sleep(0.02)  # meanwhile there is always more to read
    assert not is_running(pid)


def test_last_words_are_heard_of_what_is_ended() -> None:
    script = "trap 'seq 100000; echo canceled; exit 3' TERM; echo began; while true; do sleep 0.1; done"
    began = time.monotonic()
    ended = run_bounded(["sh", "-c", script], os.environ, seconds=1, output_bytes=100)
    assert ended.stopped == "took longer than 1 seconds"
    assert ended.output.endswith("100000\ncanceled\n")
    assert time.monotonic() - began < 5


def test_an_exception_of_the_listener_leaves_nothing_running() -> None:
    seen: list[str] = []

    def listen(line: str) -> None:
        seen.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("import os, time; print(os.getpid(), flush=True); time.sleep(600)", on_line=listen)
    assert not is_running(seen[0])


def test_a_program_that_is_not_there_is_said() -> None:
    with pytest.raises(OSError, match="nowhere"):
        run_bounded(["/nowhere/program"], {}, seconds=1, output_bytes=1)


def is_running(pid: str) -> bool:
    """Whether a process is there and no zombie that waits for its parent."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")
