"""Running a program whose output and duration nobody can vouch for."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

_LINE = 2_000
"""Bytes of a line that are kept; the rest of it is read and dropped."""
_TAIL = 256_000
"""Bytes of the output's end that are kept."""
_TICK = 0.5
"""Seconds between two looks at the limits."""
_STREAM_BLOCK = 1 << 20
"""Bytes of a stream that are read at once."""
_GRACE = 5.0
"""Seconds that a program has to end by itself once it was asked to."""


class Ended(Struct, frozen=True):
    """How a program ended: ``output`` is the end of what it printed on both streams, untrusted, not cleaned.

    ``stopped`` says why it was ended from here; None when it ended by itself.
    """

    status: int
    output: str
    stopped: str | None = None


class _Output:
    """The end of a stream of lines, in bounded memory whatever comes in."""

    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self.total = 0
        self._on_line = on_line
        self._lines: deque[bytes] = deque()
        self._kept = 0
        self._current = bytearray()

    def feed(self, data: bytes) -> None:
        self.total += len(data)
        pieces = data.split(b"\n")
        for piece in pieces[:-1]:
            self._extend(piece)
            self._finish_line()
        self._extend(pieces[-1])

    def text(self) -> str:
        return b"\n".join((*self._lines, bytes(self._current))).decode("utf-8", "replace")

    def _extend(self, piece: bytes) -> None:
        self._current += piece[: _LINE - len(self._current)]

    def _finish_line(self) -> None:
        line = bytes(self._current)
        self._current.clear()
        self._lines.append(line)
        self._kept += len(line) + 1
        while self._kept > _TAIL:
            self._kept -= len(self._lines.popleft()) + 1
        if self._on_line is not None:
            self._on_line(line.decode("utf-8", "replace"))


def run_bounded(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    seconds: float,
    output_bytes: int,
    on_line: Callable[[str], None] | None = None,
    watch: Callable[[], str | None] | None = None,
    folder: Path | None = None,
) -> Ended:
    """Run a program to its end, or end it with all its children.

    It is ended after ``seconds``, when it has printed more than ``output_bytes``, or when ``watch``, asked about twice
    a second, gives a reason. ``on_line`` gets each line as it comes; ``folder`` is where it
    runs. Raises OSError when the program does not start.
    """
    output = _Output(on_line)

    def taken(data: bytes) -> str | None:
        output.feed(data)
        if output.total > output_bytes:
            return f"printed more than {output_bytes} bytes"
        return watch() if watch is not None else None

    status, stopped = _run(command, environment, folder, subprocess.STDOUT, seconds, taken)
    return Ended(status, output.text(), stopped)


class Answer(Struct, frozen=True):
    """What a program said: ``output`` is all of its standard output, ``errors`` the end of the other stream.

    ``stopped`` says why it was ended from here; None when it ended by itself.
    """

    status: int
    output: bytes
    errors: str
    stopped: str | None = None


def answer_of(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    seconds: float,
    output_bytes: int,
    folder: Path | None = None,
) -> Answer:
    """Run a program for what it prints, in ``folder``; it is ended after ``seconds``, or with more than ``output_bytes``
    on either stream. Raises OSError when it does not start.
    """
    output = bytearray()
    with tempfile.TemporaryFile() as errors:

        def taken(data: bytes) -> str | None:
            output.extend(data[: output_bytes + 1 - len(output)])
            is_flood = len(output) > output_bytes or os.fstat(errors.fileno()).st_size > output_bytes
            return f"printed more than {output_bytes} bytes" if is_flood else None

        status, stopped = _run(command, environment, folder, errors, seconds, taken)
        errors.seek(max(0, os.fstat(errors.fileno()).st_size - _TAIL))
        said = errors.read(_TAIL).decode("utf-8", "replace")
    return Answer(status, bytes(output), said, stopped)


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None,
    errors: int | IO[bytes],
    seconds: float,
    taken: Callable[[bytes], str | None],
) -> tuple[int, str | None]:
    """Run a program to its end, or end it with all its children: its status, and why it was ended from here.

    ``taken`` gets what it prints as it comes, nothing at least twice a second, and gives a reason to end it; then it gets
    what is left. ``errors`` is where its other stream goes.
    """
    deadline = time.monotonic() + seconds
    stopped: str | None = None
    process = _started(command, environment, folder, errors)
    try:
        with _Reader(process) as reader:
            while stopped is None:
                data = reader.read(min(_TICK, max(0.0, deadline - time.monotonic())))
                if data == b"":
                    break
                stopped = taken(data or b"")
                if time.monotonic() >= deadline:
                    stopped = f"took longer than {seconds:.0f} seconds"
            if stopped is not None:
                # Its last words tell where it was; and nobody ends who cannot write them.
                _signal(process, signal.SIGTERM)
                until = time.monotonic() + _GRACE
                while (left := until - time.monotonic()) > 0 and (data := reader.read(left)):
                    taken(data)
        if stopped is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()) + _GRACE)
    finally:
        _end(process)
    return process.returncode, stopped


def _started(
    command: Sequence[str], environment: Mapping[str, str], folder: Path | None, errors: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """A program in a process group of its own, so that its children can be ended with it."""
    return subprocess.Popen(
        list(command),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        process_group=0,
        cwd=folder,
    )


class StreamProblem(Exception):
    """A program whose output did not come to its end: what it said, or that it took too long."""


@contextlib.contextmanager
def streamed(command: Sequence[str], environment: Mapping[str, str], *, seconds: float) -> Iterator[Iterator[bytes]]:
    """What a program writes, in blocks, while it runs; it is ended with the block of the ``with``.

    Reading raises StreamProblem after ``seconds``, and when the program fails.
    """
    with tempfile.TemporaryFile() as errors:
        process = _started(command, environment, None, errors)
        try:
            with _Reader(process, _STREAM_BLOCK) as reader:
                yield _blocks(process, reader, errors, time.monotonic() + seconds)
        finally:
            _end(process)


def _blocks(process: subprocess.Popen[bytes], reader: _Reader, errors: IO[bytes], deadline: float) -> Iterator[bytes]:
    while True:
        left = deadline - time.monotonic()
        data = reader.read(left) if left > 0 else None
        if data is None:
            raise StreamProblem("it took too long")
        if data == b"":
            break
        yield data
    try:
        status = process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        raise StreamProblem("it did not end") from None
    if status != 0:
        errors.seek(0)
        said = errors.read(_LINE).decode("utf-8", "replace").strip().splitlines()
        raise StreamProblem(said[0] if said else f"it ended with status {status}")


class _Reader:
    """A process's output, as it comes: bytes, ``b""`` at its end, None when nothing came in time."""

    def __init__(self, process: subprocess.Popen[bytes], block: int = 65_536) -> None:
        if process.stdout is None:
            raise ValueError("the process was started without a pipe")
        self._block = block
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, block)
        self._pipe = process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)

    def read(self, seconds: float) -> bytes | None:
        return os.read(self._pipe.fileno(), self._block) if self._selector.select(seconds) else None

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        self._pipe.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its group: first by asking, so that a build is cancelled in the engine too."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
