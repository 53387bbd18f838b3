"""What a service runs, and what it is there for."""

from __future__ import annotations

import pytest

from reviewbot.facts import Facts
from reviewbot.rules.service_image import dockerfile_path, image_of
from reviewbot.rules.service_role import is_for_tests, is_job, runs_something_else, sounds_like_a_job
from reviewbot.source.compose import parse_compose
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.text import Text


def service(body: str, name: str = "a", path: str = "deploy/compose.yaml"):
    return parse_compose(Text(path, f"services:\n  {name}: {body}\n")).services[0]


@pytest.mark.parametrize(
    ("build", "path"),
    [
        (".", "deploy/Dockerfile"),
        ("..", "Dockerfile"),
        ("../web/", "web/Dockerfile"),
        ("{context: ../web, dockerfile: docker/Dockerfile.prod}", "web/docker/Dockerfile.prod"),
        ("{dockerfile: x.Dockerfile}", "deploy/x.Dockerfile"),
        ("{context: '${CTX:-..}'}", "Dockerfile"),
        ("{context: '${CTX}'}", None),
        ("../..", None),
        ("/srv/app", None),
        ("https://example.org/app.git", None),
        ("{context: ., dockerfile: /etc/passwd}", None),
        ("{context: ., dockerfile_inline: 'FROM scratch'}", None),
    ],
)
def test_where_the_dockerfile_of_a_service_is(build, path):
    assert dockerfile_path(service(f"{{build: {build}}}")) == path


def test_a_dockerfile_tells_whether_its_image_checks_itself():
    content = (
        "FROM postgres:16.4 AS base\nFROM base AS checked\nHEALTHCHECK CMD pg_isready\n"
        "FROM checked AS off\nHEALTHCHECK NONE\n"
    )
    dockerfile = parse_dockerfile(Text("Dockerfile", content))
    facts = Facts(tree=None, dockerfiles={"Dockerfile": dockerfile})  # type: ignore[arg-type]

    def of(target):
        return image_of(service(f"{{build: {{context: .., target: {target}}}}}"), facts)

    assert str(of("base").reference) == "postgres:16.4"
    assert [of(target).has_healthcheck for target in ("base", "checked", "off")] == [None, True, False]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{image: x, restart: 'no'}", True),
        ("{image: x, restart: no}", True),
        ("{image: x, restart: false}", True),
        ("{image: x, restart: on-failure:3}", True),
        ("{image: x, profiles: [tools]}", True),
        ("{image: x, deploy: {replicas: 0}}", True),
        ("{image: 'alpine:3.20', command: sleep 1}", True),
        ("{image: x, restart: unless-stopped}", False),
        ("{image: x}", False),
    ],
)
def test_jobs(body, expected):
    assert is_job(service(body), Facts(tree=None)) == expected  # type: ignore[arg-type]


def test_what_looks_like_something_else():
    assert sounds_like_a_job(service("{image: x}", "db-migrate"))
    assert sounds_like_a_job(service("{image: x}", "mongosetup"))
    assert not sounds_like_a_job(service("{image: x}", "database"))
    assert runs_something_else(service("{image: postgres, command: psql -c 1}"))
    assert runs_something_else(service("{image: mongo, entrypoint: [/setup.sh]}"))
    assert not runs_something_else(service("{image: postgres, command: -c fsync=off}"))
    assert is_for_tests(service("{image: x}", "test-db"))
    assert is_for_tests(service("{image: x, profiles: [e2e]}"))
    assert is_for_tests(service("{image: x}", path="docker-compose.test.yml"))
    assert not is_for_tests(service("{image: x}", "latest"))
