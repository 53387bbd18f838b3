"""The command line as a process of its own, in the sample application's repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from end_to_end.sample import Sample
from jsonschema import Draft202012Validator

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())
NO_ENGINE = "unix:///nowhere/docker.sock"


@dataclass(frozen=True)
class Ran:
    """A command that ended; it has not crashed."""

    status: int
    out: str
    err: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.err, self.err

    @cached_property
    def report(self) -> dict[str, Any]:
        """The JSON report, which keeps to the published schema."""
        report: dict[str, Any] = json.loads(self.out)
        Draft202012Validator(SCHEMA).validate(report)
        return report

    @property
    def found(self) -> set[tuple[str, int, str]]:
        """Path, line and rule of every finding."""
        return {(finding["path"], finding["line"], finding["rule"]) for finding in self.report["findings"]}


class CommandLine:
    """``cli("review", "--base", "main")`` in a folder, with no engine at hand unless one is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, folder: Path | None = None, environ: Mapping[str, str] | None = None) -> Ran:
        given = {"DOCKER_HOST": NO_ENGINE} if environ is None else environ
        # No test asks a registry of the real world: what it answers is not the test's to say.
        apart = ["--no-registry"] if arguments[:1] in (("review",), ("fix",), ("demo",)) else []
        done = subprocess.run(
            [sys.executable, "-m", "reviewbot", *arguments, *apart],
            cwd=folder or self.folder,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100", **given},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str, **options: Any) -> Ran:
        return self(*arguments, "--format", "json", **options)


@pytest.fixture
def project(tmp_path: Path) -> Sample:
    return Sample(tmp_path / "project")


@pytest.fixture
def cli(project: Sample) -> CommandLine:
    return CommandLine(project.folder)
