"""A scanner's official image, run by the engine over one of its images.

It gets the image as an archive that is copied in, not the engine's socket, and what it writes is copied out: so it works
with an engine on another machine, and a scanner that was taken over finds nothing to take over.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reviewbot.image.docker.engine import Connection
from reviewbot.image.docker.process import Ended, StreamProblem, run_bounded, streamed

CACHE = "reviewbot-scanner-cache"
"""The engine's volume in which scanners keep their databases from one run to the next."""
_CACHE_FOLDER = "/reviewbot-cache"
_ARCHIVE, _REPORT = "/reviewbot-image.tar", "/reviewbot-report.json"
_MOST_OUTPUT = 4_000_000


class ContainerProblem(Exception):
    """A scanner's image that could not be run to its end: what it did, to follow the image's name."""


def run_in_container(
    connection: Connection,
    image: str,
    reference: str,
    arguments: Callable[[str, str], Sequence[str]],
    variables: Mapping[str, str],
    *,
    seconds: float,
    most_bytes: int,
) -> tuple[int, str, bytes | None]:
    """The exit status, what was printed, and the report; None where none was written.

    ``arguments`` come from the archive's path and the report's. Raises ContainerProblem.
    """
    deadline = time.monotonic() + seconds
    name = f"reviewbot-scanner-{secrets.token_hex(8)}"

    def docker(*command: str) -> Ended:
        left = max(1.0, deadline - time.monotonic())
        # Values of variables stand in the environment, not on a command line that others of this machine can read.
        environment = {**connection.environment, **variables}
        try:
            ended = run_bounded([connection.docker, *command], environment, seconds=left, output_bytes=_MOST_OUTPUT)
        except OSError as problem:
            raise ContainerProblem(f"was not started: {problem.strerror}") from None
        if ended.stopped is not None:
            raise ContainerProblem(ended.stopped)
        return ended

    def needed(*command: str) -> None:
        ended = docker(*command)
        if ended.status != 0:
            lines = ended.output.strip().splitlines()
            raise ContainerProblem(f"was not started: {lines[-1][:300] if lines else 'docker says nothing'}")

    try:
        needed(
            *("container", "create", f"--name={name}", "--user=0:0", f"--volume={CACHE}:{_CACHE_FOLDER}"),
            *("--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=1024"),
            *(f"--env=XDG_CACHE_HOME={_CACHE_FOLDER}", f"--env=TRIVY_CACHE_DIR={_CACHE_FOLDER}/trivy"),
            *(f"--env=GRYPE_DB_CACHE_DIR={_CACHE_FOLDER}/grype", *(f"--env={variable}" for variable in variables)),
            *("--", image, *arguments(_ARCHIVE, _REPORT)),
        )
        with tempfile.TemporaryDirectory(prefix="reviewbot-scan-") as folder:
            archive = Path(folder, "image.tar")
            needed("image", "save", f"--output={archive}", "--", reference)
            needed("container", "cp", "--", str(archive), f"{name}:{_ARCHIVE}")
        ended = docker("container", "start", "--attach", name)
        return ended.status, ended.output, _report(connection, name, deadline, most_bytes)
    finally:
        remove = [connection.docker, "container", "rm", "--force", "--volumes", name]
        with contextlib.suppress(OSError):
            run_bounded(remove, connection.environment, seconds=30, output_bytes=_MOST_OUTPUT)


def _report(connection: Connection, name: str, deadline: float, most_bytes: int) -> bytes | None:
    """The report out of a container; None where there is none. Raises ContainerProblem."""
    command = [connection.docker, "container", "cp", f"{name}:{_REPORT}", "-"]
    content = bytearray()
    try:
        with streamed(command, connection.environment, seconds=max(1.0, deadline - time.monotonic())) as blocks:
            for block in blocks:
                content += block
                if len(content) > most_bytes:
                    raise ContainerProblem(f"wrote more than {most_bytes} bytes")
        with tarfile.open(fileobj=io.BytesIO(bytes(content))) as archive:
            member = archive.next()
            file = archive.extractfile(member) if member is not None and member.isreg() else None
            return file.read() if file is not None else None
    except (StreamProblem, tarfile.TarError, OSError):
        return None
