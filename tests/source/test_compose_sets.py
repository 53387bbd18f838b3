"""Which Compose files are taken to be used together."""

from __future__ import annotations

import pytest

from reviewbot.source.compose import parse_compose
from reviewbot.source.compose_project.sets import file_sets, named_files, stands_alone
from reviewbot.source.text import Text

WHOLE = "services: {a: {image: x}}"
EXTENDS = "services: {a: {extends: {file: compose.base.yaml, service: a}}}"
PART = "services: {a: {restart: always}}"


def root(content: str, path: str = "compose.yaml"):
    return parse_compose(Text(path, content)).root


def sets(files: dict[str, str], *configured: tuple[str, ...], compose_file: str | None = None):
    return file_sets({path: root(content, path) for path, content in files.items()}, configured, lambda _: compose_file)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"compose.yaml": WHOLE}, [("compose.yaml",)]),
        (
            {"compose.yaml": WHOLE, "compose.override.yaml": PART},
            [("compose.yaml", "compose.override.yaml")],
        ),
        (
            {"docker-compose.yml": WHOLE, "docker-compose.override.yml": WHOLE, "docker-compose.prod.yml": PART},
            [
                ("docker-compose.yml", "docker-compose.override.yml"),
                ("docker-compose.yml", "docker-compose.prod.yml"),
            ],
        ),
        ({"compose.yml": WHOLE, "compose.prod.yml": WHOLE}, [("compose.yml",), ("compose.prod.yml",)]),
        ({"compose.yaml": WHOLE, "docker-compose.yml": WHOLE}, [("compose.yaml",), ("docker-compose.yml",)]),
        ({"a/compose.yaml": WHOLE, "b/compose.prod.yaml": PART}, [("a/compose.yaml",), ("b/compose.prod.yaml",)]),
        (
            {"docker-compose.base.yml": WHOLE, "docker-compose.dev.yml": PART},
            [("docker-compose.base.yml",), ("docker-compose.base.yml", "docker-compose.dev.yml")],
        ),
        ({"compose.prod.yaml": PART}, [("compose.prod.yaml",)]),
        (
            {"compose.yaml": EXTENDS, "compose.base.yaml": WHOLE, "compose.dev.yaml": "include: [compose.base.yaml]"},
            [("compose.yaml",), ("compose.dev.yaml",)],
        ),
        ({"compose.a.yaml": "include: [compose.a.yaml]"}, [("compose.a.yaml",)]),
        (
            {"compose.a.yaml": "include: [compose.b.yaml]", "compose.b.yaml": "include: [compose.a.yaml]"},
            [("compose.a.yaml",), ("compose.b.yaml",)],
        ),
    ],
)
def test_files_of_a_folder(files, expected):
    assert list(sets(files)) == expected


def test_what_the_configuration_says():
    files = {"compose.yaml": WHOLE, "deploy/prod.yaml": PART, "compose.dev.yaml": PART}
    assert sets(files, ("compose.yaml", "deploy/prod.yaml")) == (
        ("compose.yaml", "deploy/prod.yaml"),
        ("compose.yaml", "compose.dev.yaml"),
    )
    assert sets({"compose.yaml": WHOLE}, ("compose.yaml", "gone.yaml"), ()) == (("compose.yaml",),)


@pytest.mark.parametrize("value", ["compose.yaml:compose.dev.yaml", "compose.yaml;./compose.dev.yaml"])
def test_what_a_folders_variables_say(value):
    files = {"compose.yaml": WHOLE, "compose.dev.yaml": WHOLE}
    assert sets(files, compose_file=value) == (("compose.yaml", "compose.dev.yaml"),)


@pytest.mark.parametrize("value", ["", "gone.yaml", "../x:compose.yaml", "/etc/passwd", ":::"])
def test_variables_that_name_nothing_of_the_repository(value):
    assert sets({"compose.yaml": WHOLE}, compose_file=value) == (("compose.yaml",),)


@pytest.mark.parametrize(
    ("content", "alone"),
    [
        (WHOLE, True),
        (PART, False),
        ("services: {a: {build: .}}", True),
        ("services: {a: {build: {dockerfile: x}}}", True),
        ("services: {a: {build: {target: x}}}", False),
        ("services: {a: {extends: b}}", True),
        ("services: {a: {image: x}, b: {restart: always}}", False),
        ("include: [x.yaml]", True),
        ("volumes: {}", False),
    ],
)
def test_a_file_that_makes_sense_by_itself(content, alone):
    assert stands_alone(root(content)) == alone


def test_the_files_that_a_file_names():
    content = """
include: [one.yaml, {path: [two/a.yaml, ../x.yaml]}, 'oci://example.org/x', '${VARIABLE}/y.yaml']
services:
  a: {extends: {file: ../base.yaml, service: a}}
  b: {extends: a}
"""
    named = {"app/one.yaml", "app/two/a.yaml", "x.yaml", "base.yaml"}
    assert named_files("app/compose.yaml", root(content)) == named
