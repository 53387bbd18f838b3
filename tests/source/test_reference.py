"""Image references by the distribution project's grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.source.reference import parse_reference

SHA256 = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("reference", "name", "tag", "digest"),
    [
        ("python", "python", None, None),
        ("python:3.12-slim", "python", "3.12-slim", None),
        (f"python@{SHA256}", "python", None, SHA256),
        (f"python:3.12@{SHA256}", "python", "3.12", SHA256),
        ("localhost:5000/app", "localhost:5000/app", None, None),
        ("foo:5000", "foo", "5000", None),
        ("[2001:db8::1]:5000/a/b:v1", "[2001:db8::1]:5000/a/b", "v1", None),
        ("ghcr.io/o/a-b__c.d", "ghcr.io/o/a-b__c.d", None, None),
        ("xn--n3h.example/a---b", "xn--n3h.example/a---b", None, None),
        ("Registry/path", "Registry/path", None, None),
        ("a:" + "t" * 128, "a", "t" * 128, None),
        ("scratch", "scratch", None, None),
    ],
)
def test_what_is_a_reference(reference, name, tag, digest):
    parsed = parse_reference(reference)
    assert parsed is not None
    assert (parsed.name, parsed.tag, parsed.digest) == (name, tag, digest)
    assert str(parsed) == reference


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "Python",
        "repo/Image",
        "a//b",
        "/a",
        "a/",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "a:",
        "a:-x",
        "a:" + "t" * 129,
        "a@",
        "a@sha256:abc",
        "a@sha256:" + "A" * 64,
        "a@md5:" + "0" * 32,
        "a@" + "sha512:" + "0" * 64,
        "0123456789abcdef" * 4,
        "a:b:c",
        "${IMAGE}",
        "python:$VERSION",
        "a b",
        "python\n",
        "pythön",
        "a" * 256,
        "https://ghcr.io/a",
        "host:port/a",
    ],
)
def test_what_is_none(reference):
    assert parse_reference(reference) is None


@pytest.mark.parametrize(
    ("reference", "familiar", "domain", "path"),
    [
        ("python", "python", "docker.io", "library/python"),
        ("library/python:3", "python", "docker.io", "library/python"),
        ("docker.io/library/python", "python", "docker.io", "library/python"),
        ("docker.io/python", "python", "docker.io", "library/python"),
        ("index.docker.io/bitnami/redis", "bitnami/redis", "docker.io", "bitnami/redis"),
        ("docker.io/library/a/b", "library/a/b", "docker.io", "library/a/b"),
        ("ghcr.io/o/app", "ghcr.io/o/app", "ghcr.io", "o/app"),
        ("localhost/app", "localhost/app", "localhost", "app"),
        ("quay.io/library/app", "quay.io/library/app", "quay.io", "library/app"),
    ],
)
def test_the_name_that_people_use(reference, familiar, domain, path):
    parsed = parse_reference(reference)
    assert parsed is not None
    assert (parsed.familiar_name, parsed.domain, parsed.path) == (familiar, domain, path)


@pytest.mark.parametrize(
    ("reference", "pinned"),
    [("a", False), ("a:latest", False), ("a:1", True), (f"a@{SHA256}", True), (f"a:latest@{SHA256}", True)],
)
def test_a_pin_is_a_digest_or_a_tag_that_is_not_latest(reference, pinned):
    parsed = parse_reference(reference)
    assert parsed is not None
    assert parsed.is_pinned is pinned


@given(st.text(alphabet="aA0.:/@-_[]s", max_size=60))
def test_a_reference_says_itself(text):
    parsed = parse_reference(text)
    assert parsed is None or str(parsed) == text


def test_hostile_names_take_no_time():
    for part in ("a.", "a-", "a_", "a/", "A", "0:", "-", "a__"):
        assert parse_reference(part * 100_000) is None
        assert parse_reference(part * 400 + "!") is None
