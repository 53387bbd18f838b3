"""Mistyped paths, narrow streams and missing folders: one clear line, and never a report that looks clean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from cli.conftest import CommandLine
from end_to_end import sample
from end_to_end.sample import Sample

COMMAND = [sys.executable, "-m", "reviewbot"]
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def shell(line: str, folder: Path) -> tuple[int, str]:
    """Status and standard error of ``reviewbot`` followed by ``line``, which a shell reads."""
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m reviewbot {line}', sys.executable],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", [["review"], ["fix"], ["review", "--scope", "all"]], ids=" ".join)
def test_a_path_that_neither_version_has(project: Sample, cli: CommandLine, command: Sequence[str]) -> None:
    project.commit(sample.SHELL_FORM)
    ran = cli(*command, "--base", "HEAD~1", "--no-build", "Dockerfile", "Dockerfil")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("reviewbot: Dockerfil: neither version has such a file or folder. Is it misspelt?")


def test_a_path_that_one_version_has(project: Sample, cli: CommandLine) -> None:
    project.commit({"web/Dockerfile": "FROM debian:13.2-slim\nUSER 1000\n"})
    (project.folder / "web" / "Dockerfile").unlink()

    for path in ("web/Dockerfile", "web", "."):
        assert cli("review", "--base", "HEAD", "--no-build", path).status == 0


@pytest.mark.parametrize("environ", [ASCII, {"PYTHONIOENCODING": "ascii"}], ids=["locale", "encoding"])
def test_a_screen_that_has_ascii_alone(project: Sample, cli: CommandLine, environ: dict[str, str]) -> None:
    project.commit(sample.SHELL_FORM)

    assert "  6 | CMD sh /srv/serve.sh\n    |     ^^^" in cli("check", environ=environ).out
    assert cli("explain", "DL3008", environ=environ).status == 0
    assert cli("demo", "--no-build", environ=environ).status == 0


def test_formats_for_programs_are_utf_8_everywhere(project: Sample) -> None:
    dockerfile = "FROM debian:13.2-slim\nUSER 1000\nCMD sh /srv/naïve.sh\n"
    (project.folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    command = [*COMMAND, "check", "--format", "json"]
    done = subprocess.run(
        command, cwd=project.folder, env={**os.environ, **ASCII}, capture_output=True, timeout=60, check=False
    )

    assert "naïve" in json.dumps(json.loads(done.stdout.decode("utf-8")), ensure_ascii=False)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("check >/dev/full", "the output could not be written: No space left on device"),
        ("explain DL3008 >/dev/full", "the output could not be written: No space left on device"),
        ("check >&-", "the standard output is closed"),
        ("docs compose.yaml", "compose.yaml/rules: Not a directory"),
        ("docs /proc/x", "/proc/x"),
    ],
)
def test_output_that_has_no_place(project: Sample, line: str, said: str) -> None:
    status, error = shell(line, project.folder)

    assert status == 2
    assert error.startswith(f"reviewbot: {said}") and error.count("\n") == 1


@pytest.mark.parametrize("command", ["check", "review", "config --check"])
def test_a_folder_that_is_gone(tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f"--version >/dev/null && rmdir '{gone}' && \"$0\" -m reviewbot {command}"
    status, error = shell(line, gone)

    assert status == 2
    assert error == "reviewbot: the folder that this was started in is gone; change to one that is there\n"


# A configuration that the change edits


def test_a_configuration_that_changes_counts_after_the_merge(project: Sample, cli: CommandLine) -> None:
    project.commit({".github/reviewbot.yml": "rules: [all]\n"})
    (notice,) = cli.json("review", "--base", "HEAD~1", "--no-build").report["notices"]

    assert notice == ".github/reviewbot.yml: This change edits the configuration. What it says applies after the merge."


def test_a_configuration_that_the_change_breaks(project: Sample, cli: CommandLine) -> None:
    project.commit({".github/reviewbot.yml": "scope: file\nfail-onn: error\n"})
    ran = cli("review", "--base", "HEAD~1", "--no-build")
    out = " ".join(ran.out.split())

    assert ran.status == 0
    assert ".github/reviewbot.yml:2: The new configuration is wrong: after the merge every review would end with" in out
    assert "“unknown setting `fail-onn`; did you mean `fail-on`?”. Mend it in this change." in out
