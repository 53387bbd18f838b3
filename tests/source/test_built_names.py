"""Images that scripts, Makefiles and workflows build."""

from __future__ import annotations

import time

import pytest

from reviewbot.source.built_names import may_build_images, names_built
from reviewbot.source.official_images import is_official


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("docker build -t bats-jenkins .", {"bats-jenkins"}),
        ("\tdocker build --pull \\\n\t  --tag=example/base:1.2 \\\n\t  base\n", {"example/base"}),
        ('docker buildx build --load -t "example/app:ci" --tag ghcr.io/e/app .', {"example/app", "ghcr.io/e/app"}),
        ("podman build -t a . && docker image tag a example/b:2 && nerdctl commit c d", {"a", "example/b", "d"}),
        ("docker build -t $(IMAGE) . ; docker build -t ${OWNER}/app .", set()),
        ("docker run -t debian ls; docker builder prune", set()),
        ("- uses: docker/build-push-action@v6\n  with:\n    tags: example/app:latest,example/app:1\n", {"example/app"}),
        ('target "base" {\n  tags = ["example/base:ci", "${REGISTRY}/x"]\n}\n', {"example/base"}),
        ('{"target": {"base": {"tags": ["example/base:ci"]}}}', {"example/base"}),
        ('"scripts": {"image": "docker build -t example/app ."}', {"example/app"}),
    ],
)
def test_what_is_built_is_named(content: str, names: set[str]) -> None:
    assert names_built(content) == names


@pytest.mark.parametrize("path", ["Makefile", "ci/build.sh", ".github/workflows/ci.yml", "docker-bake.hcl", "a/x.mk"])
def test_files_with_commands_are_looked_at(path: str) -> None:
    assert may_build_images(path)


@pytest.mark.parametrize("path", ["README.md", "Dockerfile", "src/make.py", "compose.yaml", "workflows/ci.yml"])
def test_others_are_not(path: str) -> None:
    assert not may_build_images(path)


@pytest.mark.parametrize(
    "content", ["docker build -t " * 20_000, "docker " * 40_000, "tags: [" * 40_000, "\\\n" * 99_999]
)
def test_hostile_scripts_take_bounded_time(content: str) -> None:
    start = time.process_time()
    names_built(content)
    assert time.process_time() - start < 2


def test_official_images_are_known_by_name() -> None:
    assert is_official("debian")
    assert is_official("centos")
    assert not is_official("bats-jenkins")
