"""Vulnerability scanners, asked about images of the engine: programs of this machine, or their official images."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from reviewbot.image.docker.engine import Connection
from reviewbot.image.docker.process import run_bounded
from reviewbot.image.scanning.scanner_image import ContainerProblem, run_in_container
from reviewbot.image.scanning.vulnerabilities import Found, UnknownForm, read_grype, read_scout, read_trivy

LARGEST = 64_000_000
"""Bytes of a report that are read."""
_MOST_OUTPUT = 4_000_000
_QUIET = {"GRYPE_CHECK_FOR_APP_UPDATE": "false", "TRIVY_SKIP_VERSION_CHECK": "true", "TRIVY_DISABLE_TELEMETRY": "true"}
"""Questions to their makers that scanners ask unless they are told not to."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\S{1,30} ")
_FAILURE = re.compile(r"\b(?:fatal|error|failed|denied|toomanyrequests|unknown flag)\b", re.I)


class ScannerProblem(Exception):
    """A scanner that said nothing of an image: why, for a person."""


class Scanner(Struct, frozen=True):
    """A tool: what it is called with so that it writes a report to a file, and how that is read.

    It runs in an empty folder of its own: the settings that a repository has for it do not count, and secrets of the
    environment do not come along, but for those named in ``account``.
    """

    name: str
    program: str
    of_image: Callable[[str, str], Sequence[str]]
    """The arguments, from the image's reference and the file to write."""
    of_archive: Callable[[str, str], Sequence[str]]
    """The same for an archive as ``docker save`` writes it, from its path: what the tool's official image is called with."""
    read: Callable[[bytes], list[Found]]
    account: tuple[str, ...] = ()
    """Variables of the environment in which the tool expects who asks."""

    def path(self, connection: Connection) -> str | None:
        return shutil.which(self.program, path=connection.environment.get("PATH"))

    def ask(self, connection: Connection, reference: str, seconds: float, image: str | None = None) -> list[Found]:
        """What the tool finds in an image: by its program, or by an ``image`` of it, named with a digest.

        Raises ScannerProblem.
        """
        written = (
            self._contained(connection, reference, seconds, image)
            if image
            else self._started(connection, reference, seconds)
        )
        try:
            return self.read(written)
        except UnknownForm as problem:
            raise ScannerProblem(f"the output of this version of {self.name} is not understood: {problem}") from None

    def _started(self, connection: Connection, reference: str, seconds: float) -> bytes:
        program = self.path(connection)
        if program is None:
            raise ScannerProblem(f"{self.name} is not on PATH")
        with tempfile.TemporaryDirectory(prefix="reviewbot-scan-") as folder:
            output = Path(folder, "report")
            try:
                ended = run_bounded(
                    [program, *self.of_image(reference, str(output))],
                    {**connection.environment, **self._variables()},
                    seconds=seconds,
                    output_bytes=_MOST_OUTPUT,
                    watch=lambda: f"wrote more than {LARGEST} bytes" if _size(output) > LARGEST else None,
                    folder=Path(folder),
                )
            except OSError as problem:
                raise ScannerProblem(f"{self.name} does not start: {problem.strerror}") from None
            if ended.stopped is not None:
                raise ScannerProblem(f"{self.name} {ended.stopped}")
            if ended.status != 0 or output.is_symlink() or not 0 <= _size(output) <= LARGEST:
                raise ScannerProblem(f"{self.name} failed: {last_words(ended.output)}")
            return output.read_bytes()

    def _contained(self, connection: Connection, reference: str, seconds: float, image: str) -> bytes:
        try:
            status, said, report = run_in_container(
                connection, image, reference, self.of_archive, self._variables(), seconds=seconds, most_bytes=LARGEST
            )
        except ContainerProblem as problem:
            raise ScannerProblem(f"the image of {self.name} {problem}") from None
        if status != 0 or report is None:
            raise ScannerProblem(f"{self.name} failed: {last_words(said)}")
        return report

    def _variables(self) -> Mapping[str, str]:
        return {**_QUIET, **{name: os.environ[name] for name in self.account if name in os.environ}}


def _trivy(output: str, *image: str) -> Sequence[str]:
    # Not --quiet: it keeps back why the tool fails, too.
    return ("image", "--no-progress", "--scanners=vuln", "--format=json", f"--output={output}", "--exit-code=0", *image)


def _grype(output: str, image: str) -> Sequence[str]:
    return (image, "--output=json", f"--file={output}")


def _scout(output: str, image: str) -> Sequence[str]:
    return ("cves", "--format=sarif", f"--output={output}", image)


SCANNERS = (
    Scanner(
        "trivy",
        "trivy",
        lambda reference, output: _trivy(output, "--image-src=docker", "--", reference),
        lambda archive, output: _trivy(output, f"--input={archive}"),
        read_trivy,
    ),
    Scanner(
        "grype",
        "grype",
        lambda reference, output: _grype(output, f"docker:{reference}"),
        lambda archive, output: _grype(output, f"docker-archive:{archive}"),
        read_grype,
    ),
    Scanner(
        "docker-scout",
        "docker",
        lambda reference, output: ("scout", *_scout(output, f"local://{reference}")),
        lambda archive, output: _scout(output, f"archive://{archive}"),
        read_scout,
        account=("DOCKER_SCOUT_HUB_USER", "DOCKER_SCOUT_HUB_PASSWORD"),
    ),
)


def scanner_named(name: str, connection: Connection) -> Scanner | None:
    """The scanner that a setting means: one by name; for ``auto`` the first of trivy and grype that is there.

    Docker Scout asks for an account, so that it is used only where somebody names it.
    """
    if name == "auto":
        return next((s for s in SCANNERS if not s.account and s.path(connection)), None)
    return next((scanner for scanner in SCANNERS if scanner.name == name), None)


def _size(output: Path) -> int:
    """Bytes of a file; -1 where there is none."""
    try:
        return output.stat().st_size
    except OSError:
        return -1


def last_words(output: str) -> str:
    """Why a tool failed, by what it printed: the last line that speaks of a failure, else the last one of all."""
    lines = [line for each in _COLOURS.sub("", output).splitlines() if (line := _TIME.sub("", " ".join(each.split())))]
    if any(line in ("Usage:", "USAGE:") for line in lines):
        return "this version of it does not know the options it is called with"
    failures = [line for line in lines if _FAILURE.search(line)]
    return (failures or lines or ["it says nothing"])[-1][:300].rstrip(" .")
