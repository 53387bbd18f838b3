"""Which files are read, and as what."""

from __future__ import annotations

import pytest

from reviewbot.source.kinds import Kind, kind_of

DOCKERFILES = """
Dockerfile dockerfile api/Dockerfile Dockerfile.prod Dockerfile-alpine Dockerfile_dev api.Dockerfile api.dockerfile
Containerfile Containerfile.prod deep/er/Dockerfile .devcontainer/Dockerfile Dockerfile.test .github/Dockerfile
Dockerfile.amd64 Dockerfile.3.12
"""
COMPOSE_FILES = """
compose.yaml compose.yml docker-compose.yml docker-compose.yaml compose.override.yaml compose-dev.yml compose.prod.yml
docker-compose.override.yml docker-compose-test.yaml docker-compose_local.yml stacks/web/compose.yaml
"""
IGNORE_FILES = (
    ".dockerignore api/.dockerignore Dockerfile.dockerignore api.Dockerfile.dockerignore build/x.dockerignore"
)
OTHERS = """
Dockerfile.md Dockerfile.j2 Dockerfile.tmpl Dockerfile.erb Dockerfile.template Dockerfile.in Dockerfile-notes.txt
Dockerfile.patch Dockerfile.orig Dockerfile.license Dockerfile.yaml Dockerfile.sh Dockerfile~ Dockerfile.bak
Dockerfiles dockerfiles/README.md myDockerfile Dockerfile/README ContainerfileParser.java DOCKERFILE dockerfile.go
composer.yaml components.yml compose.json compose.yaml.j2 compose composer.lock docker-compose.yml.tmpl
.github/workflows/docker-compose.yml .github/workflows/compose.yaml .gitignore dockerignore
"""


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (DOCKERFILES, Kind.DOCKERFILE),
        (COMPOSE_FILES, Kind.COMPOSE),
        (IGNORE_FILES, Kind.IGNORE),
        (OTHERS, None),
    ],
    ids=["Dockerfiles", "Compose files", "ignore files", "others"],
)
def test_usual_names(paths: str, kind: Kind | None) -> None:
    assert {path: kind_of(path) for path in paths.split()} == dict.fromkeys(paths.split(), kind)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("deploy/*.docker", "deploy/app.docker", True),
        ("deploy/*.docker", "deploy/deeper/app.docker", False),
        ("deploy/**/*.docker", "deploy/app.docker", True),
        ("deploy/**/*.docker", "deploy/a/b/app.docker", True),
        ("*.docker", "a/b/app.docker", True),
        ("image", "a/image", True),
        ("/image", "image", True),
        ("/image", "a/image", False),
        ("a?c/x", "abc/x", True),
        ("[", "x", False),
        ("[x](y)/z", "[x](y)/z", True),
        ("new*", "new\nline", True),
        (".github/workflows/compose.yaml", ".github/workflows/compose.yaml", True),
    ],
)
def test_further_patterns(pattern: str, path: str, matches: bool) -> None:
    assert (kind_of(path, {Kind.COMPOSE: [pattern]}) is Kind.COMPOSE) is matches


def test_further_patterns_win_over_the_usual_names() -> None:
    assert kind_of("Dockerfile.j2", {Kind.DOCKERFILE: ["*.j2"]}) is Kind.DOCKERFILE
    assert kind_of("compose.yaml", {Kind.IGNORE: ["compose.yaml"]}) is Kind.IGNORE
    assert kind_of("Dockerfile", {Kind.COMPOSE: [], Kind.IGNORE: ["other"]}) is Kind.DOCKERFILE
