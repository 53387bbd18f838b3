"""Templates of Docker files are no Docker files."""

from __future__ import annotations

import pytest

from reviewbot.change.folder import EmptyTree
from reviewbot.facts import Facts
from reviewbot.source.kinds import Kind, kind_of
from reviewbot.source.text import Text


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("compose.yaml", "services:\n{% for app in apps %}\n  {{ app }}:\n    image: x\n{% endfor %}\n"),
        ("compose.yaml", "services:\n  app:\n    image: {{ image }}:{{ tag }}\n"),
        ("Dockerfile", "FROM debian:12\n{% if proxy %}\nENV http_proxy={{ proxy }}\n{% endif %}\n"),
    ],
)
def test_a_template_is_no_broken_file(path, content):
    facts = Facts.gather(EmptyTree(), {path: kind_of(path)}, [Text(path, content)])
    assert not facts.unreadable


def test_a_broken_file_is_said_to_be_broken():
    content = "services:\n  app:\n    command: echo '{{ .Name }}'\n\n\n\n  other: [\n"
    facts = Facts.gather(EmptyTree(), {"compose.yaml": Kind.COMPOSE}, [Text("compose.yaml", content)])
    assert facts.unreadable


@pytest.mark.parametrize(
    "path",
    ["a/testdata/compose.yaml", "tests/fixtures/Dockerfile", "vendor/x/Dockerfile", "web/node_modules/y/.dockerignore"],
)
def test_what_is_not_ours_is_not_read(path):
    assert kind_of(path) is None
    assert kind_of(path, {Kind.DOCKERFILE: ("tests/fixtures/Dockerfile",)}) is (
        Kind.DOCKERFILE if path == "tests/fixtures/Dockerfile" else None
    )
