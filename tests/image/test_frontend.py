from __future__ import annotations

import pytest

from reviewbot.image.build.frontend import names_unreachable_frontend, refusal, without_frontend
from reviewbot.settings import Settings
from reviewbot.source.dockerfile import Dockerfile, parse_dockerfile
from reviewbot.source.text import Text

ALLOWED = Settings().frontends


def dockerfile(content: str) -> Dockerfile:
    return parse_dockerfile(Text("Dockerfile", content))


@pytest.mark.parametrize(
    "head",
    [
        "",
        "# just a comment\n# syntax=evil/frontend\n",
        "# syntax=docker/dockerfile:1\n",
        "# syntax=docker.io/docker/dockerfile:1.7-labs\n",
        f"#syntax = docker/dockerfile:1@sha256:{'0' * 64}\n",
    ],
)
def test_the_usual_front_ends_may_run(head: str) -> None:
    assert refusal(dockerfile(f"{head}FROM scratch\n"), ALLOWED) is None


@pytest.mark.parametrize(
    "head",
    [
        "# syntax=evil/frontend\n",
        "#SYNTAX=evil/frontend:1 --an-argument\n",
        "#!/bin/sh\n# syntax=evil/frontend\n",
        "\ufeff# syntax=evil/frontend\n",
        "# escape=`\n# syntax=evil/frontend\n",
        "# syntax=evil.example/docker/dockerfile:1\n",
        "# syntax=docker/dockerfile/../../evil\n",
        "# syntax=docker/dockerfile-upstream:master\n",
    ],
)
def test_another_front_end_is_refused_with_what_to_do(head: str) -> None:
    refused = refusal(dockerfile(f"{head}FROM scratch\n"), ALLOWED)
    assert refused is not None
    assert "frontends" in refused


def test_a_project_can_allow_its_own() -> None:
    own = dockerfile("# syntax=registry.example/team/frontend:2\nFROM scratch\n")
    assert refusal(own, [*ALLOWED, "registry.example/team/frontend"]) is None


def test_an_unreachable_front_end_is_told_from_an_unreachable_image() -> None:
    own = dockerfile("# syntax=docker/dockerfile:1\nFROM debian\n")
    message = "failed to resolve source metadata for docker.io/{}: no such host"
    assert names_unreachable_frontend(own, message.format("docker/dockerfile:1"))
    assert not names_unreachable_frontend(own, message.format("library/debian:latest"))
    assert not names_unreachable_frontend(dockerfile("FROM debian\n"), message.format("docker/dockerfile:1"))


def test_the_directive_becomes_a_comment_and_no_line_moves() -> None:
    own = dockerfile("# check=skip=all\n# Syntax = docker/dockerfile:1\nFROM scratch\n")
    rewritten = without_frontend(own)
    assert rewritten is not None
    again = dockerfile(rewritten.decode())
    assert again.syntax is None
    assert [i.line for i in again.instructions] == [i.line for i in own.instructions]


def test_an_escape_directive_is_never_lost() -> None:
    assert without_frontend(dockerfile("# syntax=docker/dockerfile:1\n# escape=`\nFROM scratch\n")) is None
