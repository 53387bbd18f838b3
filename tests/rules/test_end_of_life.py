"""Which releases are over on which day, and where the table of them comes from."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from reviewbot.rules.end_of_life import end_of_life
from reviewbot.source.reference import parse_reference

ROOT = Path(__file__).parents[2]
TABLE = json.loads((ROOT / "reviewbot/rules/end_of_life.json").read_text())


def over(reference: str, today: str = "2026-08-22") -> tuple[str, str] | None:
    image = parse_reference(reference)
    assert image is not None
    found = end_of_life(image, today)
    return (found.release, found.since) if found else None


@pytest.mark.parametrize(
    ("reference", "release"),
    [
        ("debian:10.13-slim", ("debian:10", "2024-06-30")),
        ("debian:stretch", ("debian:9", "2022-07-01")),
        ("ubuntu:focal-20240101", ("ubuntu:20.04", "2025-05-31")),
        ("python:2", ("python:2", "2020-01-01")),
        ("python:3.8.20-slim", ("python:3.8", "2024-10-07")),
        ("golang:1.19-alpine", ("golang:1.19", "2023-09-06")),
        ("mcr.microsoft.com/dotnet/sdk:6.0-alpine", ("mcr.microsoft.com/dotnet/sdk:6", "2024-11-12")),
        ("amazonlinux:1", ("amazonlinux:2018.03", "2023-12-31")),
        ("centos:7", ("centos:7", "2024-06-30")),
        ("centos", ("centos", "2024-06-30")),
        ("openjdk:17", ("openjdk", "2022-07-31")),
        ("traefik:v2.10", ("traefik:2.10", "2024-02-12")),
        ("ruby:3.3.0-bullseye", None),
        ("postgres:18.1-alpine3.18", ("alpine 3.18", "2025-05-09")),
        ("mysql:8", None),
        ("mariadb:10", None),
        ("debian:12.5-slim", None),
        ("node:lts", None),
        ("python:3.99.1", None),
        ("tomcat:10-jdk17", None),
    ],
)
def test_a_release_is_over_from_its_last_day(reference: str, release: tuple[str, str] | None) -> None:
    assert over(reference) == release


@pytest.mark.parametrize(
    ("reference", "instead"),
    [
        ("node:14-alpine", "node:24-alpine"),
        ("node:14.21.3-alpine3.17", "node:24-alpine"),
        ("node:14-buster-slim", "node:24-slim"),
        ("node:14", "node:24"),
        ("golang:1.19-alpine", "golang:1.27-alpine"),
        ("eclipse-temurin:16-jre-alpine", "eclipse-temurin:25-jre-alpine"),
        ("debian:buster", "debian:13"),
        ("postgres:11", "postgres:18"),
    ],
)
def test_what_to_take_instead_is_of_the_same_family(reference: str, instead: str) -> None:
    image = parse_reference(reference)
    assert image is not None
    found = end_of_life(image, "2026-08-22")
    assert found is not None
    assert found.instead == instead


def test_the_day_of_the_review_counts_not_that_of_the_table() -> None:
    assert over("debian:bullseye-slim", "2026-08-30") is None
    assert over("debian:bullseye-slim", "2026-08-31") == ("debian:11", "2026-08-31")
    assert over("ruby:3.3.0-bullseye", "2026-09-01") == ("debian 11 (bullseye)", "2026-08-31")
    assert over("node:22", "2027-05-01") == ("node:22", "2027-04-30")
    assert over("debian:10", "") is not None


@pytest.mark.parametrize("name", TABLE["images"])
def test_what_is_proposed_is_supported(name: str) -> None:
    proposed = TABLE["images"][name]["next"]
    assert over(proposed if ":" in proposed else f"{name}:{proposed}", TABLE["as_of"]) is None


def tool() -> Any:
    spec = importlib.util.spec_from_file_location("end_of_life_tool", ROOT / "tools" / "end_of_life.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


PRODUCT = """\
---
title: Thing
releases:
  - releaseCycle: "3"
    releaseDate: 2026-01-01
    eol: false

  - releaseCycle: "2.1"
    codename: "Nice Name"
    releaseDate: 2024-01-01
    lts: true
    eol: 2027-01-01
    eoes: 2029-01-01

  - releaseCycle: "2.0"
    releaseDate: 2023-01-01
    eol: true

  - releaseCycle: "next"
    releaseDate: 2023-01-01
    eol: true
---

# Text
"""


def test_the_table_is_made_of_products(tmp_path: Path) -> None:
    made = tool()
    (tmp_path / "thing.md").write_text(PRODUCT)
    releases = made.from_folder(tmp_path)("thing")
    assert made.entry(releases, made.Source("thing", "{}-slim", until="eoes"), "2026-08-22") == {
        "next": "2.1-slim",
        "ends": {"2.1": "2029-01-01", "2.0": ""},
        "series": {"2": "2029-01-01"},
        "names": {"nice": "2.1"},
    }


def test_the_interface_says_the_same_under_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer:
        def raise_for_status(self) -> None:
            pass

        def json(self) -> list[dict[str, Any]]:
            return [{"cycle": "2.1", "releaseDate": "2024-01-01", "eol": "2027-01-01", "extendedSupport": "2029-01-01"}]

    made = tool()
    asked = []
    monkeypatch.setattr(made.requests, "get", lambda url, timeout: asked.append(url) or Answer())
    releases = made.from_api("thing")
    assert asked == ["https://endoflife.date/api/thing.json"]
    assert made.entry(releases, made.Source("thing"), "2026-08-22")["ends"] == {"2.1": "2027-01-01"}
    assert made.entry(releases, made.Source("thing", until="eoes"), "2026-08-22")["ends"] == {"2.1": "2029-01-01"}
