"""Facts from a real registry: digests of indexes, exact versions, smaller variants and their sizes."""

from __future__ import annotations

import pytest

from reviewbot.registry.client import RegistryProblem
from reviewbot.registry.lookup import look_up


@pytest.fixture(scope="module")
def python(real_registry):
    """A repository as the official images have theirs: one image under many tags, with smaller variants."""
    old = real_registry.push("library/python", ["3.12.6", "3.12.6-slim-bookworm"], 900)
    full = real_registry.push("library/python", ["3.12.7", "3.12", "3", "latest"], 1000)
    slim = real_registry.push("library/python", ["3.12.7-slim", "3.12-slim", "slim"], 300)
    alpine = real_registry.push("library/python", ["3.12.7-alpine", "3.12-alpine"], 100)
    real_registry.push("library/python", ["3.13.0rc1", "3.13-rc"], 1000)
    return {"old": old, "full": full, "slim": slim, "alpine": alpine}


def asked(real_registry, client_of, *references, platform="linux/amd64"):
    client = client_of(real_registry.host)
    written = [f"{real_registry.host}/library/{reference}" for reference in references]
    found = look_up(written, client, platform)
    return [found.images.get(reference) for reference in written], found.notices, client


@pytest.mark.parametrize(
    ("tag", "which", "version"),
    [
        ("latest", "full", "3.12.7"),
        ("3", "full", "3.12.7"),
        ("3.12", "full", "3.12.7"),
        ("3.12.7", "full", None),
        ("3.12-slim", "slim", "3.12.7-slim"),
        ("slim", "slim", "3.12.7-slim"),
        ("3.12-alpine", "alpine", "3.12.7-alpine"),
    ],
)
def test_a_tag_is_told_by_its_index_and_its_exact_version(real_registry, client_of, python, tag, which, version):
    (image,), notices, _ = asked(real_registry, client_of, f"python:{tag}")
    assert (image.digest, image.version_tag, notices) == (python[which], version, ())


def test_without_a_tag_latest_is_meant(real_registry, client_of, python):
    (image,), _, _ = asked(real_registry, client_of, "python")
    assert (image.tag, image.digest) == ("latest", python["full"])


@pytest.mark.parametrize(("platform", "factor"), [("linux/amd64", 1), ("linux/arm64", 2)])
def test_smaller_variants_have_the_size_of_the_platform(real_registry, client_of, python, platform, factor):
    (image,), _, _ = asked(real_registry, client_of, "python:3.12.7", platform=platform)
    assert image.compressed_size == 1000 * factor
    assert {v.tag: v.compressed_size for v in image.smaller} == {
        "3.12.7-slim": 300 * factor,
        "3.12.7-alpine": 100 * factor,
    }
    assert image.variant("slim").digest == python["slim"]


def test_a_platform_that_is_not_there_has_no_size(real_registry, client_of, python):
    (image,), _, _ = asked(real_registry, client_of, "python:3.12.7", platform="linux/s390x")
    assert image.compressed_size is None


def test_a_newer_patch_is_of_the_same_variant_and_no_candidate(real_registry, client_of, python):
    images, _, _ = asked(real_registry, client_of, "python:3.12.6", "python:3.12.7", "python:3.12.6-slim-bookworm")
    assert [image.newer_patch for image in images] == ["3.12.7", None, None]


def test_what_is_not_there_is_no_trouble(real_registry, client_of, python):
    images, notices, _ = asked(real_registry, client_of, "python:4", "nothing:1.0", "python:3.12.7")
    assert images[:2] == [None, None]
    assert images[2] is not None
    assert notices == ()


def test_a_tag_that_is_not_there_is_told_with_its_neighbours(real_registry, client_of, python):
    missing, elsewhere = f"{real_registry.host}/library/python:3.12.77", f"{real_registry.host}/nothing:1.0"
    found = look_up([missing, elsewhere], client_of(real_registry.host), "linux/amd64")
    assert set(found.unknown_tags) == {missing}
    assert found.unknown_tags[missing][0] == "3.12.7"


def test_few_questions_are_asked(real_registry, client_of, python):
    *_, client = asked(real_registry, client_of, "python:3.12.7")
    assert client.sent <= 8


def test_a_registry_that_is_not_allowed_is_not_asked(real_registry, client_of):
    client = client_of("docker.io")
    assert look_up([f"{real_registry.host}/library/python:3"], client, "linux/amd64").images == {}
    assert client.sent == 0
    with pytest.raises(RegistryProblem, match="not among the `registries`"):
        client.digest(real_registry.host, "library/python", "3")


def test_a_long_list_of_tags_is_read_page_by_page(real_registry, client_of):
    digest = real_registry.push("library/many", [f"1.0.{n}" for n in range(30)], 10)
    client = client_of(real_registry.host)
    assert len(client.tags(real_registry.host, "library/many")) == 30
    assert client.digest(real_registry.host, "library/many", "1.0.7") == digest
