"""Calls of curl and wget, and whether what they bring is compared with anything."""

from __future__ import annotations

import pytest

from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.downloads import downloads_in, host_of, is_public_host, is_verified
from reviewbot.source.text import Text


def run(script: str):
    return parse_dockerfile(Text("Dockerfile", f"FROM debian\nRUN {script}\n")).final_stage.instructions[0]


@pytest.mark.parametrize(
    ("script", "urls"),
    [
        ("curl -fsSL https://a.example/x -o /tmp/x", ["https://a.example/x"]),
        ("curl -H 'Accept: x' -x http://proxy:3128 --retry 3 https://a.example/x", ["https://a.example/x"]),
        ("curl --url https://a.example/x", ["https://a.example/x"]),
        ("wget -qO- https://a.example/x https://b.example/y", ["https://a.example/x", "https://b.example/y"]),
        ("wget -P /tmp -nv --header 'X: y' https://a.example/x", ["https://a.example/x"]),
        ("echo curl https://a.example/x", []),
    ],
)
def test_only_what_is_fetched_counts_as_a_url(script, urls):
    assert [word.value for d in downloads_in(run(script).commands) for word in d.urls] == urls


@pytest.mark.parametrize(
    ("script", "verified"),
    [
        ("curl -O https://a.example/x && echo 0 x | sha256sum -c -", True),
        ("curl -O https://a.example/x && gpg --batch --verify x.asc x", True),
        ("curl -O https://a.example/x && cosign verify-blob x", True),
        ("curl https://a.example/key | gpg --dearmor -o /k", False),
        ("curl -O https://a.example/x && openssl req -new", False),
        ("curl -O https://a.example/x && openssl dgst -sha256 x", True),
        ("curl -O https://a.example/x", False),
    ],
)
def test_a_checksum_or_a_signature_verifies(script, verified):
    assert is_verified(run(script)) is verified


@pytest.mark.parametrize(
    ("url", "host", "public"),
    [
        ("https://A.example.org:8443/x", "a.example.org", True),
        ("a.example.org/x", "a.example.org", True),
        ("http://10.0.0.7/x", "10.0.0.7", False),
        ("http://127.0.0.1/x", "127.0.0.1", False),
        ("http://8.8.8.8/x", "8.8.8.8", True),
        ("http://localhost:80/x", "localhost", False),
        ("http://mirror/x", "mirror", False),
        ("http://nexus.corp/x", "nexus.corp", False),
        ("http://[::1]/x", "::1", False),
        ("http://${HOST}.example.org/x", "${host}.example.org", False),
        ("http://[/x", "", False),
        ("", "", False),
    ],
)
def test_a_host_of_ones_own_network_is_not_public(url, host, public):
    assert host_of(url) == host
    assert is_public_host(host) is public
