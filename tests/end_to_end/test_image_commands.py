"""`reviewbot image` and `reviewbot compare` against a real engine, without any git."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from image.by_hand import built

from reviewbot.cli import main
from reviewbot.commands.usage import FINDINGS, OK, USAGE
from reviewbot.image.docker.engine import Connection
from reviewbot.report.json_report import schema

pytestmark = pytest.mark.engine
DEBIAN = "FROM debian:bookworm-slim\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(arguments)
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "serve").write_text("#!/bin/sh\n")
    (tmp_path / "Dockerfile").write_text(f'{DEBIAN}COPY serve /serve\nCMD ["/serve"]\n')
    (tmp_path / "Other").write_text(f'{DEBIAN}RUN head -c 2000000 /dev/zero > /x\nCMD ["sh"]\n')
    return tmp_path


def test_a_dockerfile_is_built_and_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "image", "-C", str(folder), ".", "--format=json")
    report = json.loads(out)
    jsonschema.validate(report, schema(), cls=jsonschema.Draft202012Validator)
    assert status == FINDINGS
    assert [(f["rule"], f["line"], bool(f["suggestion"])) for f in report["findings"]] == [
        ("program-cannot-start", 3, True)
    ]
    (image,) = report["images"]
    assert [(path["path"], path["size"], path["line"]) for path in image["contents"]["largest"]] == [("serve", 10, 2)]
    assert image["size"]["compressed_after"] > 20_000_000


def test_an_image_of_the_engine_needs_no_file(
    folder: Path, capsys: pytest.CaptureFixture[str], connection: Connection
) -> None:
    status, out, _ = run(capsys, "image", "-C", str(folder), "debian:bookworm-slim", "--format=json")
    (image,) = json.loads(out)["images"]
    known = connection.inspect("debian:bookworm-slim")
    assert status == OK
    assert known is not None
    assert image["size"]["after"] == known.size
    assert "libc6" in [package["name"] for package in image["contents"]["packages"]]
    assert run(capsys, "image", "-C", str(folder), "debian:bookworm-slim", "--max-size=1MB")[0] == FINDINGS


def test_two_images_and_two_dockerfiles_are_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "compare", "-C", str(folder), "debian:bookworm-slim", "debian:trixie-slim", "--format=json")
    (image,) = json.loads(out)["images"]
    moves = {change["name"]: change["change"] for change in image["package_changes"]}
    assert moves["libc6"] == "upgraded"
    _, out, _ = run(capsys, "compare", "-C", str(folder), "Dockerfile", "Other", "--format=json")
    (image,) = json.loads(out)["images"]
    assert image["size"]["after"] - image["size"]["before"] == 2_000_000 - 10
    status, out, _ = run(capsys, "compare", "-C", str(folder), "debian:bookworm-slim", "debian:trixie-slim")
    assert status == OK
    assert "packages" in out


def test_an_image_without_any_layer_is_compared_like_others(
    folder: Path, capsys: pytest.CaptureFixture[str], connection: Connection
) -> None:
    (folder / "empty").mkdir()
    with built(connection, folder / "empty", {"Dockerfile": "FROM scratch\nLABEL a=b\n"}) as empty:
        status, out, _ = run(capsys, "compare", "-C", str(folder), empty, "debian:bookworm-slim", "--format=json")
    (image,) = json.loads(out)["images"]
    assert (status, image["size"]["before"], image["notices"]) == (OK, 0, [])
    assert "libc6" in [package["name"] for package in image["contents"]["packages"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("image", "nowhere.invalid/x:1"), "the engine has no such image"),
        (("compare", "Dockerfile", "debian:bookworm-slim"), "two Dockerfiles"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    status, _, err = run(capsys, arguments[0], "-C", str(folder), *arguments[1:])
    assert status == USAGE
    assert said in err


def test_without_an_engine_it_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    status, _, err = run(capsys, "image", "-C", str(folder), "debian:bookworm-slim")
    assert status == USAGE
    assert "no Docker Engine answers" in err


@pytest.mark.parametrize(
    "content", [b"\x7fELF\0" * 99, b"services:\n  web:\n    image: debian\n"], ids=["binary", "compose"]
)
def test_what_does_not_build_fails(folder: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    (folder / "Dockerfile").write_bytes(content)
    status, out, _ = run(capsys, "image", "-C", str(folder), ".")

    assert status == FINDINGS
    assert "does not build" in out


def test_a_folder_that_lacks_its_dockerfile(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "src").mkdir()
    status, _, err = run(capsys, "image", "-C", str(folder), "src")

    assert status == USAGE
    assert "src: there is no `Dockerfile` in this folder; name the file itself" in err
