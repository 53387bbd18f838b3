"""What cannot be read, built or compared is said with its place, and the rest of the review comes all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli.conftest import CommandLine
from end_to_end import sample
from end_to_end.sample import Files, Sample

from reviewbot.image.docker.engine import Connection

COMMAND_FORM = ("Dockerfile", 6, "json-form-command")
UNPINNED = ("compose.yaml", 12, "compose-image-pinned")
BROKEN_DOCKERFILE: Files = {"Dockerfile": sample.DOCKERFILE.replace("WORKDIR /srv", "WRKDIR /srv")}
BROKEN_YAML: Files = {"compose.yaml": sample.COMPOSE.replace("      interval", "     interval")}


def test_a_broken_dockerfile(project: Sample, cli: CommandLine) -> None:
    project.commit({**BROKEN_DOCKERFILE, **sample.COMPOSE_TROUBLE})
    ran = cli("review", "--base", "HEAD~1")

    assert ran.status == 1
    assert "Dockerfile:3:1  error  unknown instruction: WRKDIR; did you mean WORKDIR?" in ran.out
    assert "3 │ WRKDIR /srv" in ran.out
    assert "compose.yaml:12:12  error" in ran.out


def test_a_broken_compose_file(project: Sample, cli: CommandLine) -> None:
    project.commit({**BROKEN_YAML, **sample.SHELL_FORM})
    ran = cli("review", "--base", "HEAD~1")

    assert ran.status == 1
    assert "compose.yaml:8:6  error  not valid YAML: this line is indented like nothing above it" in ran.out
    assert "Dockerfile:6:5  warning  `CMD` in shell form" in ran.out


@pytest.mark.parametrize("broken", [BROKEN_DOCKERFILE, BROKEN_YAML], ids=["dockerfile", "compose"])
def test_a_file_that_breaks_fixes_nothing(project: Sample, cli: CommandLine, broken: Files) -> None:
    project.commit({**sample.ROOT_USER, **sample.COMPOSE_TROUBLE})
    project.commit({**sample.ROOT_USER, **sample.COMPOSE_TROUBLE, **broken})

    assert cli.json("review", "--base", "HEAD~1").report["fixed"] == []


@pytest.mark.parametrize("content", [b"\x7fELF\x02\x01\0\0" + bytes(range(256)) * 40, b"\0"], ids=["program", "nul"])
def test_a_binary_that_is_called_dockerfile(project: Sample, cli: CommandLine, content: bytes) -> None:
    project.commit({"tools/Dockerfile": content, **sample.SHELL_FORM})
    ran = cli("review", "--base", "HEAD~1", "--no-build")

    assert ran.status == 1
    assert "tools/Dockerfile:1:" in ran.out
    assert "error  a NUL character: the file is binary, or UTF-16 where Docker reads UTF-8" in ran.out
    assert "Dockerfile:6:5  warning" in ran.out


def test_a_binary_that_somebody_asks_about(project: Sample, cli: CommandLine) -> None:
    (project.folder / "Dockerfile").write_bytes(bytes(range(256)))

    assert "Dockerfile:1:1  error  a NUL character: the file is binary" in cli("check", "Dockerfile").out


def test_no_engine_answers(project: Sample, cli: CommandLine) -> None:
    project.commit({**sample.SHELL_FORM, **sample.COMPOSE_TROUBLE})
    ran = cli.json("review", "--base", "HEAD~1", "--fail-on", "never")

    assert {COMMAND_FORM, UNPINNED} <= ran.found
    (notice,) = ran.report["notices"]
    assert notice.startswith("No image was built or measured: no Docker Engine answers at unix:///nowhere/docker.sock")
    assert notice.endswith("Start Docker, or pass --no-build.")
    (image,) = ran.report["images"]
    assert (image["status"], image["size"], image["layers"]) == ("skipped", None, [])
    assert "no Docker Engine answers" in image["reason"]


def test_no_docker_at_all(project: Sample, cli: CommandLine, tmp_path: Path) -> None:
    project.commit(sample.SHELL_FORM)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    ran = cli.json("review", "--base", "HEAD~1", environ={"PATH": str(programs)})

    assert ran.found == {COMMAND_FORM}
    assert "the docker command was not found on PATH" in ran.report["notices"][0]


@pytest.mark.engine
def test_a_build_that_fails(project: Sample, cli: CommandLine, connection: Connection) -> None:
    failing = sample.DOCKERFILE.replace("USER app\n", "RUN echo about to fail \\\n    && cat /nowhere\nUSER app\n")
    project.commit({"Dockerfile": failing, **sample.COMPOSE_TROUBLE})
    environ = {"DOCKER_HOST": connection.host}
    ran = cli("review", "--base", "HEAD~1", "--network", "none", environ=environ)

    assert ran.status == 1
    assert "Dockerfile:5:1  error  The image `web` does not build" in ran.out
    assert "> " in ran.out and "cat: /nowhere: No such file or directory" in ran.out
    assert "image web  does not build" in ran.out
    assert "compose.yaml:12:12  error" in ran.out
    report = cli.json("review", "--base", "HEAD~1", "--network", "none", environ=environ)
    assert {("Dockerfile", 5, "image-build-fails"), UNPINNED} <= report.found
    assert report.report["images"][0]["status"] == "failed"


def test_histories_without_a_common_ancestor(project: Sample, cli: CommandLine, tmp_path: Path) -> None:
    other = Sample(tmp_path / "other", {**sample.APPLICATION, **sample.SHELL_FORM, **sample.UNRELATED})
    cli_there = CommandLine(other.folder)
    head = other.head
    other.fetch(project)
    ran = cli_there.json("review", "--base", project.base, "--head", head, "--no-build")

    assert ran.found == {COMMAND_FORM}
    assert any("have no common ancestor" in notice for notice in ran.report["notices"])
    assert (ran.status, ran.report["base"], ran.report["head"]) == (0, project.base, head)
