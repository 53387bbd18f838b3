"""Vulnerability scanners of this machine, asked about images of the engine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewbot.image.engine import Connection
from reviewbot.image.process import run_bounded
from reviewbot.image.vulnerabilities import Found, UnknownForm, read_grype, read_scout, read_trivy

_LARGEST = 64_000_000
"""Bytes of a report that are read."""
_MOST_OUTPUT = 4_000_000


class ScannerProblem(Exception):
    """A scanner that said nothing of an image: why, for a person."""


@dataclass(frozen=True)
class Scanner:
    """A tool: how it is started for an image so that it writes to a file, and how that is read.

    It runs in an empty folder of its own: the settings that a repository has for it do not count, and secrets of the
    environment do not come along.
    """

    name: str
    program: str
    command: Callable[[str, str, Path], Sequence[str]]
    """From the program's path, the image's reference and the file to write."""
    read: Callable[[bytes], list[Found]]

    def path(self, connection: Connection) -> str | None:
        return shutil.which(self.program, path=connection.environment.get("PATH"))

    def ask(self, connection: Connection, reference: str, seconds: float) -> list[Found]:
        """What the tool finds in an image. Raises ScannerProblem."""
        program = self.path(connection)
        if program is None:
            raise ScannerProblem(f"{self.name} is not on PATH")
        with tempfile.TemporaryDirectory(prefix="reviewbot-scan-") as folder:
            output = Path(folder, "report")
            command = self.command(program, reference, output)
            try:
                ended = run_bounded(
                    command, connection.environment, seconds=seconds, output_bytes=_MOST_OUTPUT, folder=Path(folder)
                )
            except OSError as problem:
                raise ScannerProblem(f"{self.name} does not start: {problem.strerror}") from None
            if ended.stopped is not None:
                raise ScannerProblem(f"{self.name} {ended.stopped}")
            written = _written(output)
            if ended.status != 0 or written is None:
                raise ScannerProblem(f"{self.name} failed: {_last_words(ended.output)}")
        try:
            return self.read(written)
        except UnknownForm as problem:
            raise ScannerProblem(f"the output of this version of {self.name} is not understood: {problem}") from None


def _trivy(program: str, reference: str, output: Path) -> Sequence[str]:
    return (
        *(program, "image", "--quiet", "--no-progress", "--scanners=vuln", "--format=json", f"--output={output}"),
        *("--image-src=docker", "--exit-code=0", "--", reference),
    )


def _grype(program: str, reference: str, output: Path) -> Sequence[str]:
    return (program, f"docker:{reference}", "--quiet", "--output=json", f"--file={output}")


def _scout(program: str, reference: str, output: Path) -> Sequence[str]:
    return (program, "scout", "cves", "--format=sarif", f"--output={output}", f"local://{reference}")


SCANNERS = (
    Scanner("trivy", "trivy", _trivy, read_trivy),
    Scanner("grype", "grype", _grype, read_grype),
    Scanner("docker-scout", "docker", _scout, read_scout),
)


def scanner_named(name: str, connection: Connection) -> Scanner | None:
    """The scanner that a setting means: one by name; for ``auto`` the first of trivy and grype that is there.

    Docker Scout asks for an account, so that it is used only where somebody names it.
    """
    if name == "auto":
        return next((s for s in SCANNERS if s.name != "docker-scout" and s.path(connection)), None)
    return next((scanner for scanner in SCANNERS if scanner.name == name), None)


def _written(output: Path) -> bytes | None:
    if not output.is_file() or output.is_symlink() or output.stat().st_size > _LARGEST:
        return None
    return output.read_bytes()


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it says nothing"
