"""A container of an image, started for a moment: whether it stays up.

It gets no network, no volume of this machine and no port, a bounded share of memory, processes and log, and no way to more
rights than it starts with. It is removed in any case.
"""

from __future__ import annotations

import secrets
import subprocess
import time

from msgspec import Struct

from reviewbot.image.build.log import clean
from reviewbot.image.docker.engine import Connection

SECONDS = 2.0
"""How long a container has to stay up."""
_AS_LONG_AS_STARTING = 5.0
"""A busy machine takes long to start a container, and then also to run what is in it: so many times as long it is watched."""
_MOST_SECONDS = 20.0
_PATIENCE = 60.0
_NAME = "reviewbot-start"
_NOT_STARTED = (126, 127)
"""What ``docker run`` ends with where the program cannot be executed, or is not there."""
_LONGEST = 200


class Started(Struct, frozen=True):
    """How a container began: ``status`` is None while it still ran, else what it ended with by itself.

    ``said`` is the last line that it printed: cleaned, untrusted.
    """

    status: int | None
    said: str = ""

    @property
    def is_up(self) -> bool:
        """Whether it ran on, or did all it had to do."""
        return self.status in (None, 0)


def can_start(platform: str, connection: Connection) -> bool:
    """Whether an image's platform is the engine's own; an image may name a variant of it: ``linux/arm64/v8``."""
    return platform.split("/")[:2] == connection.platform.split("/")[:2]


def start(connection: Connection, reference: str, seconds: float = SECONDS) -> Started | None:
    """Start an image's own program; None where the engine did not get that far."""
    name = f"{_NAME}-{secrets.token_hex(8)}"
    limits = (
        *("--network=none", "--pull=never", "--pids-limit=512", "--memory=1g", "--security-opt=no-new-privileges"),
        *("--log-driver=json-file", "--log-opt=max-size=1m", "--log-opt=max-file=1"),
    )
    try:
        began = time.monotonic()
        begun = _docker(connection, "run", "--detach", f"--name={name}", *limits, "--", reference)
        if begun.returncode in _NOT_STARTED:
            said = _last_line(_without_hint(begun.stderr), 10 * _LONGEST)
            return Started(begun.returncode, _of_the_kernel(said)[:_LONGEST])
        if begun.returncode != 0:
            return None
        try:
            watched = max(seconds, min(_MOST_SECONDS, _AS_LONG_AS_STARTING * (time.monotonic() - began)))
            ended = _docker(connection, "wait", name, seconds=watched)
        except subprocess.TimeoutExpired:
            return Started(None)
        printed = _docker(connection, "logs", "--tail=20", name)
        said = _last_line(printed.stderr) or _last_line(printed.stdout)
        return Started(int(ended.stdout), said) if ended.stdout.strip().isdigit() else None
    except (OSError, subprocess.TimeoutExpired):
        return None
    finally:
        _remove(connection, name)


def _remove(connection: Connection, name: str) -> None:
    try:
        _docker(connection, "rm", "--force", "--volumes", name)
    except (OSError, subprocess.TimeoutExpired):
        return


def _docker(connection: Connection, *arguments: str, seconds: float = _PATIENCE) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [connection.docker, *arguments],
        env=dict(connection.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
    )


def _of_the_kernel(said: str) -> str:
    """The kernel's words, with which the engine's end: ``exec: "/serve": permission denied: unknown.``"""
    return said[max(0, said.rfind("exec: ")) :].removesuffix(".").removesuffix(": unknown")


def _without_hint(printed: bytes) -> bytes:
    """What docker says of an error, without the hint at its help that newer versions write behind it."""
    return printed.partition(b"\nRun 'docker run --help'")[0]


def _last_line(printed: bytes, longest: int = _LONGEST) -> str:
    lines = [clean(line) for line in printed.decode("utf-8", "replace").splitlines()]
    return next((line for line in reversed(lines) if line.strip()), "")[:longest]
