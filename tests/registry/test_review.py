"""Reviews from the command line that ask a real registry: what they say, and what they propose."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reviewbot.cli import main

Reviewed = Callable[[Mapping[str, str]], dict[str, Any]]


@pytest.fixture(scope="module")
def images(real_registry):
    """Repositories of one registry; sizes are those of the layers."""
    push = real_registry.push
    return {
        "python": push("library/python", ["3.12.6"], 5_000_000),
        "newest": push("library/python", ["3.12.7", "3.12", "latest"], 5_000_000),
        "slim": push("library/python", ["3.12.6-slim", "3.12.7-slim"], 1_000_000),
        "alpine": push("library/python", ["3.12.6-alpine"], 200_000),
        "debian": push("library/debian", ["13.1-slim", "13.2-slim", "13-slim"], 30_000),
    }


@pytest.fixture
def review(real_registry, images, tmp_path: Path, monkeypatch, capsys) -> Reviewed:
    """``review(files)``: the JSON report of a change that adds these files; ``{host}`` in them is the registry."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def reviewed(files: Mapping[str, str]) -> dict[str, Any]:
        (tmp_path / ".github").mkdir()
        config = f"registries: ['{real_registry.host}']\nplatform: linux/amd64\nbuild: false\n"
        config += "rules: [recommended, newer-patch, moving-tag]\n"
        (tmp_path / ".github/reviewbot.yml").write_text(config)
        git("init", "--quiet")
        git("add", "--all")
        git("commit", "--quiet", "--message=base")
        for path, content in files.items():
            (tmp_path / path).write_text(content.replace("{host}", real_registry.host))
        git("add", "--all")
        git("commit", "--quiet", "--message=head")
        monkeypatch.chdir(tmp_path)
        main(["review", "--base=HEAD~1", "--head=HEAD", "--format=json"])
        return json.loads(capsys.readouterr().out)

    return reviewed


def told(report: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["rule"] == rule]


def proposed(report: dict[str, Any]) -> list[str]:
    return [suggestion["replacement"] for suggestion in report["suggestions"]]


def test_latest_is_pinned_to_what_it_is_today(review, real_registry, images):
    report = review({"Dockerfile": "FROM {host}/library/python AS build\nRUN true\n"})
    (finding,) = told(report, "pin-base-image")
    assert f"{real_registry.host}/library/python:latest is 3.12.7, {images['newest'][:19]}" in finding["evidence"]
    line = f"FROM {real_registry.host}/library/python:3.12.7@{images['newest']} AS build\n"
    assert line in "".join(proposed(report))
    assert report["notices"] == []


def test_a_newer_patch_is_proposed(review, real_registry):
    report = review({"Dockerfile": "FROM {host}/library/debian:13.1-slim\nRUN true\n"})
    (finding,) = told(report, "newer-patch")
    assert "has a newer patch: `13.2-slim`" in finding["message"]
    assert f"FROM {real_registry.host}/library/debian:13.2-slim\n" in "".join(proposed(report))


def test_a_moving_tag_gets_its_exact_version(review, real_registry):
    report = review({"Dockerfile": "FROM {host}/library/debian:13-slim\nRUN true\n"})
    assert len(told(report, "moving-tag")) == 1
    assert f"FROM {real_registry.host}/library/debian:13.2-slim\n" in "".join(proposed(report))


def test_the_slim_variant_is_told_with_what_a_pull_saves(review):
    report = review({"Dockerfile": 'FROM {host}/library/python:3.12.6\nUSER nobody\nCMD ["python3", "/x.py"]\n'})
    (finding,) = told(report, "slim-base-image")
    assert "for linux/amd64 transfers, compressed: 3.12.6 5.0 MB, 3.12.6-slim 1.0 MB" in finding["evidence"]
    assert "3.12.6-alpine 200.0 kB" in finding["evidence"]


def test_a_tag_that_is_not_there_is_told(review):
    report = review({"Dockerfile": "FROM {host}/library/python:3.12.77-slim\nRUN true\n"})
    (finding,) = told(report, "unknown-image-tag")
    assert "has no tag `3.12.77-slim`" in finding["message"]


def test_compose_files_are_pinned_too(review, real_registry, images):
    report = review({"compose.yaml": "services:\n  web:\n    image: {host}/library/python\n"})
    assert f"image: {real_registry.host}/library/python:3.12.7@{images['newest']}\n" in "".join(proposed(report))


def test_the_head_s_own_configuration_names_no_registry(review, real_registry):
    """Whoever writes the change cannot have other places asked."""
    files = {
        ".github/reviewbot.yml": "registries: ['169.254.169.254', 'localhost:1']\nregistry-logins: ['localhost:1']\n",
        "Dockerfile": "FROM 169.254.169.254/x:1.2\nFROM localhost:1/x:1.2\nFROM {host}/library/debian:13.1-slim\n",
    }
    report = review(files)
    assert len(told(report, "newer-patch")) == 1
    assert not any("169.254" in notice or "localhost" in notice for notice in map(str, report["notices"]))
