"""Files that are Compose files because others say so."""

from __future__ import annotations

import pytest

from reviewbot.source.compose_project.linked import linked_files
from reviewbot.source.text import Text

EXTENDS = "services: {a: {extends: {file: parts/a.yml, service: a}}}"


@pytest.mark.parametrize(
    ("files", "linked"),
    [
        ({"compose.yaml": EXTENDS, "parts/a.yml": "services: {}", "parts/b.yml": ""}, ["parts/a.yml"]),
        (
            {"compose.yaml": "include: [a.yaml]", "a.yaml": "include: [{path: [b.yaml, c.yaml]}]", "b.yaml": "x: 1"},
            ["a.yaml", "b.yaml"],
        ),
        (
            {"app/compose.yaml": "services: {}", "app/.env": "COMPOSE_FILE=base.yml:../top.yml", "app/base.yml": ""},
            ["app/base.yml"],
        ),
        ({"compose.yaml": "include: [a.yaml", "a.yaml": ""}, []),
        ({"compose.yaml": "include: [../a.yaml, https://example.org/a.yaml, compose.yaml]", "a.yaml": ""}, []),
        ({"compose.yaml": "include: [a.yaml]", "a.yaml": "include: [a.yaml, compose.yaml]"}, ["a.yaml"]),
    ],
)
def test_files_that_others_name(files, linked):
    def read(path: str) -> Text | None:
        return Text(path, files[path]) if path in files else None

    assert (
        list(linked_files(["app/compose.yaml" if "app/compose.yaml" in files else "compose.yaml"], files, read))
        == linked
    )


def test_a_long_chain_of_files_ends():
    files = {f"{number}.yml": f"include: [{number + 1}.yml]" for number in range(2000)}
    read: list[str] = []

    def text(path: str) -> Text | None:
        read.append(path)
        return Text(path, files[path]) if path in files else None

    assert 300 < len(linked_files(["0.yml"], files, text)) < 500
    assert len(read) < 1000
