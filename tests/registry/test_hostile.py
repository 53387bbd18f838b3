"""Registries that lead elsewhere, are slow, or talk nonsense."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import time

import pytest

from reviewbot.registry.client import MOST_MANIFEST_BYTES, MOST_PAGES, RegistryProblem
from reviewbot.registry.lookup import look_up
from reviewbot.registry.transport import Forbidden, checked_addresses

PLACE = "/v2/app/manifests/1"


def problem_of(client, host, seconds=None) -> str:
    start = time.monotonic()
    with pytest.raises(RegistryProblem) as problem:
        client.manifest(host, "app", "1")
    assert seconds is None or time.monotonic() - start < seconds
    return str(problem.value)


@pytest.mark.parametrize(
    "location", ["https://169.254.169.254/x", "https://127.0.0.1:1/x", "https://[::1]:1/", "https://10.1.2.3/"]
)
def test_a_redirect_to_an_address_that_is_not_public_is_not_followed(odd_registry, client_of, location):
    odd_registry.routes[PLACE] = (307, {"Location": location}, b"")
    assert "not a public address" in problem_of(client_of(odd_registry.host), odd_registry.host, 5)


@pytest.mark.parametrize("location", ["http://example.org/x", "file:///etc/passwd", "gopher://example.org/"])
def test_a_redirect_out_of_https_is_not_followed(odd_registry, client_of, location):
    odd_registry.routes[PLACE] = (302, {"Location": location}, b"")
    assert "sends its visitors to" in problem_of(client_of(odd_registry.host), odd_registry.host, 5)


def test_redirects_end(odd_registry, client_of):
    odd_registry.routes[PLACE] = (302, {"Location": PLACE}, b"")
    assert "redirects more than" in problem_of(client_of(odd_registry.host), odd_registry.host)
    assert len(odd_registry.asked) == 4


def challenge(realm: str):
    return (401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="s",scope="repository:app:pull"'}, b"")


def test_a_token_is_asked_for_anonymously_and_used(odd_registry, client_of):
    manifest = json.dumps({"schemaVersion": 2, "layers": []}).encode()

    def serve(handler):
        if handler.headers.get("Authorization") != "Bearer t0ken":
            return challenge(f"http://{odd_registry.host}/token")
        return 200, {}, manifest

    odd_registry.routes |= {PLACE: serve, "/token": (200, {}, b'{"token": "t0ken"}')}
    client = client_of(odd_registry.host)
    assert client.manifest(odd_registry.host, "app", "1").content["layers"] == []
    client.manifest(odd_registry.host, "app", "1")
    client.digest(odd_registry.host, "app", "1")
    asked = [path.partition("?")[0] for _, path, _ in odd_registry.asked]
    assert asked == [PLACE, "/token", PLACE, PLACE], "each thing is asked for once, with the token that is known"
    assert "Authorization" not in odd_registry.asked[1][2]
    assert "scope=repository%3Aapp%3Apull" in odd_registry.asked[1][1]


@pytest.mark.parametrize(
    "realm", ["https://evil.example.org/token", "http://127.0.0.1:1/token", "http://169.254.169.254/", ""]
)
def test_a_realm_elsewhere_is_not_asked(odd_registry, client_of, realm):
    odd_registry.routes[PLACE] = challenge(realm)
    said = problem_of(client_of(odd_registry.host), odd_registry.host, 5)
    assert "another site" in said or "not offered over HTTPS" in said
    assert len(odd_registry.asked) == 1


def test_a_token_does_not_follow_a_redirect_to_another_host(odd_registry, client_of, monkeypatch):
    seen = []

    def serve(handler):
        seen.append(handler.headers.get("Authorization"))
        if handler.headers.get("Authorization") is None:
            return challenge(f"http://{odd_registry.host}/token")
        port = odd_registry.host.rpartition(":")[2]
        return 307, {"Location": f"http://localhost:{port}/elsewhere"}, b""

    odd_registry.routes |= {PLACE: serve, "/token": (200, {}, b'{"token": "t0ken"}')}
    with pytest.raises(RegistryProblem):
        client_of(odd_registry.host).manifest(odd_registry.host, "app", "1")
    assert all("Authorization" not in headers for _, path, headers in odd_registry.asked if path == "/elsewhere")
    assert seen == [None, "Bearer t0ken"]


def test_an_endless_answer_is_cut(odd_registry, client_of):
    odd_registry.routes[PLACE] = (200, {}, b"x" * (MOST_MANIFEST_BYTES + 1))
    assert "longer than" in problem_of(client_of(odd_registry.host), odd_registry.host)


def test_a_slow_answer_is_given_up(odd_registry, client_of):
    odd_registry.routes[PLACE] = lambda handler: time.sleep(3)
    assert "cannot be reached" in problem_of(client_of(odd_registry.host, seconds=0.5), odd_registry.host, 2.5)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[" * 100_000, b"null", b"\xff"])
def test_nonsense_is_no_manifest(odd_registry, client_of, body):
    odd_registry.routes[PLACE] = (200, {}, body)
    assert "did not answer as a registry does" in problem_of(client_of(odd_registry.host), odd_registry.host)


def test_another_manifest_than_the_digest_says_is_refused(odd_registry, client_of):
    digest = "sha256:" + "0" * 64
    odd_registry.routes[f"/v2/app/manifests/{digest}"] = (200, {}, b"{}")
    with pytest.raises(RegistryProblem, match="another manifest"):
        client_of(odd_registry.host).manifest(odd_registry.host, "app", digest)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_registry_in_trouble_is_a_notice_and_asked_once(odd_registry, client_of, status):
    odd_registry.routes[PLACE] = odd_registry.routes["/v2/other/manifests/1"] = (status, {}, b"")
    found = look_up(
        [f"{odd_registry.host}/app:1", f"{odd_registry.host}/other:1"], client_of(odd_registry.host), "linux/amd64"
    )
    assert found.images == {}
    assert [str(status) in notice.message for notice in found.notices] == [True]
    assert len(odd_registry.asked) == 1


def dripping(handler):
    """A byte now and then: no single wait is long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(60):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)


def endless_headers(handler):
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(60):
            handler.wfile.write(b"X: y\r\n")
            handler.wfile.flush()
            time.sleep(0.1)


@pytest.mark.parametrize("answer", [dripping, endless_headers])
def test_a_registry_that_drips_holds_up_nobody(odd_registry, real_registry, client_of, answer):
    digest = real_registry.push("library/quick", ["1.0.0"], 10)
    odd_registry.routes["/v2/app/manifests/1"] = answer
    client = client_of(odd_registry.host, real_registry.host, seconds=1)
    start = time.monotonic()
    slow, quick = f"{odd_registry.host}/app:1", f"{real_registry.host}/library/quick:1.0.0"
    found = look_up([slow, quick], client, "linux/amd64")
    assert time.monotonic() - start < 4
    assert slow not in found.images
    assert found.images[quick].digest == digest
    assert [odd_registry.host in notice.message for notice in found.notices] == [True]


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_compressed_answer_is_not_unpacked(odd_registry, client_of, encoding):
    bomb = gzip.compress(b" " * 100_000_000)
    odd_registry.routes[PLACE] = (200, {"Content-Encoding": encoding}, bomb)
    assert "is compressed" in problem_of(client_of(odd_registry.host), odd_registry.host, 5)


def test_pages_of_tags_end(odd_registry, client_of):
    page = json.dumps({"tags": ["1.0.0"]}).encode()
    odd_registry.routes["/v2/app/tags/list"] = (200, {"Link": '</v2/app/tags/list?n=1&last=1.0.0>; rel="next"'}, page)
    assert set(client_of(odd_registry.host).tags(odd_registry.host, "app")) == {"1.0.0"}
    assert len(odd_registry.asked) == MOST_PAGES


def test_no_time_left_is_said(odd_registry, client_of):
    assert "time for questions" in problem_of(client_of(odd_registry.host, seconds=0), odd_registry.host)
    assert odd_registry.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "192.168.1.1", "::1", "0.0.0.0"),  # noqa: S104
        *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fec0::1", "fd00:ec2::254"),
        *("224.0.0.1", "ff02::1", "192.0.0.192", "100.64.0.1"),
    ],
)
def test_addresses_of_this_machine_and_its_network_are_not_public(host):
    with pytest.raises(Forbidden, match="not a public address"):
        checked_addresses(host, 443)


@pytest.mark.parametrize("host", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_a_public_address_is_fine(host):
    assert checked_addresses(host, 443)


def test_one_address_that_is_not_public_is_enough(monkeypatch):
    """A name that leads to several places, one of them inside."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
        checked_addresses("rebinding.example.org", 443)
