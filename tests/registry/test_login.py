"""Logins of docker's configuration, against real registries that want one: htpasswd, and a token server of its own."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from registry import servers

from reviewbot.registry.client import RegistryProblem
from reviewbot.registry.credentials import Login, LoginProblem, login_of
from reviewbot.registry.lookup import look_up

USER, PASSWORD = "reader", "pass:word"
HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuDIEddBSuRWBBEY6g5zv60IAP5bSSfki\n"
RIGHT, WRONG = Login(USER, PASSWORD), Login(USER, "guessed")


@pytest.fixture(scope="module")
def locked_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RealRegistry]:
    """A registry that asks everybody for a name and a password."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "htpasswd").write_text(HTPASSWD)
    more = f"auth: {{htpasswd: {{realm: locked, path: {folder / 'htpasswd'}}}}}\n"
    with servers.real_registry(folder, more, (USER, PASSWORD)) as registry:
        registry.push("corp/app", ["1.0.0", "1.0"], 100)
        yield registry


def test_a_locked_registry_is_read_with_a_login(locked_registry, client_of):
    host = locked_registry.host
    client = client_of(host, logins={host: RIGHT})
    assert (
        look_up([f"{host}/corp/app:1.0"], client, "linux/amd64").images[f"{host}/corp/app:1.0"].version_tag == "1.0.0"
    )


@pytest.mark.parametrize("logins", [{}, {"docker.io": RIGHT}])
def test_without_a_login_of_its_own_a_locked_registry_has_nothing(locked_registry, client_of, logins):
    host = locked_registry.host
    found = look_up([f"{host}/corp/app:1.0"], client_of(host, logins=logins), "linux/amd64")
    assert (found.images, found.unknown_tags, found.notices) == ({}, {}, ())


def test_a_wrong_password_is_sent_once(locked_registry, client_of):
    host = locked_registry.host
    client = client_of(host, logins={host: WRONG})
    with pytest.raises(RegistryProblem, match="does not let docker's login read corp/app"):
        client.digest(host, "corp/app", "1.0")
    assert client.sent == 2


class TokenServer:
    """Gives out tokens as the distribution project's token authentication describes, signed with openssl."""

    def __init__(self, folder: Path, odd: servers.OddRegistry) -> None:
        self.key, self.certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=tokens", "-days", "2"),
                *("-keyout", str(self.key), "-out", str(self.certificate)),
            ],
            check=True,
            capture_output=True,
        )
        self.odd = odd
        odd.routes["/token"] = self.answer

    def answer(self, handler: Any) -> tuple[int, Mapping[str, str], bytes]:
        given = handler.headers.get("Authorization")
        if given not in (None, RIGHT.basic):
            return 401, {}, b"{}"
        # Everybody may read what is public; the rest is for those who are known.
        path = handler.path.partition("scope=repository%3A")[2].partition("%3Apull")[0].replace("%2F", "/")
        actions = ["pull", "push"] if given or path.startswith("public/") else []
        access = [{"type": "repository", "name": path, "actions": actions}]
        return 200, {"Content-Type": "application/json"}, json.dumps({"token": self.token(access)}).encode()

    def token(self, access: list[dict[str, Any]]) -> str:
        chain = "".join(self.certificate.read_text().splitlines()[1:-1])
        now = int(time.time())
        claims = {"iss": "tokens", "sub": "", "aud": "registry", "exp": now + 300, "nbf": now - 10, "iat": now}
        parts = ({"typ": "JWT", "alg": "RS256", "x5c": [chain]}, {**claims, "jti": "1", "access": access})
        signed = b".".join(_base64(json.dumps(part).encode()) for part in parts)
        signer = ["openssl", "dgst", "-sha256", "-sign", str(self.key)]
        signature = subprocess.run(signer, input=signed, check=True, capture_output=True).stdout
        return (signed + b"." + _base64(signature)).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@pytest.fixture(scope="module")
def token_registry(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[servers.RealRegistry, servers.OddRegistry]]:
    folder = tmp_path_factory.mktemp("tokens")
    with servers.odd_registry() as odd:
        server = TokenServer(folder, odd)
        more = (
            f"auth: {{token: {{realm: 'http://{odd.host}/token', service: registry, issuer: tokens, "
            f"rootcertbundle: {server.certificate}}}}}\n"
        )
        with servers.real_registry(folder, more) as registry:
            for path in ("public/app", "corp/app"):
                token = server.token([{"type": "repository", "name": path, "actions": ["pull", "push"]}])
                servers.RealRegistry(registry.host, token=token).push(path, ["1.0.0", "1.0"], 100)
            yield registry, odd


def asked_for_tokens(odd: servers.OddRegistry) -> list[str | None]:
    return [headers.get("Authorization") for _, path, headers in odd.asked if path.startswith("/token")]


def test_tokens_are_anonymous_without_a_login(token_registry, client_of):
    registry, odd = token_registry
    odd.asked.clear()
    public, private = f"{registry.host}/public/app:1.0", f"{registry.host}/corp/app:1.0"
    found = look_up([public, private], client_of(registry.host, odd.host), "linux/amd64")
    assert found.images[public].version_tag == "1.0.0"
    assert private not in found.images
    assert private not in found.unknown_tags, "whether it is there is not the business of whoever asks"
    assert asked_for_tokens(odd) == [None, None]


def test_tokens_are_given_for_a_login(token_registry, client_of):
    registry, odd = token_registry
    odd.asked.clear()
    private = f"{registry.host}/corp/app:1.0"
    client = client_of(registry.host, odd.host, logins={registry.host: RIGHT})
    assert look_up([private], client, "linux/amd64").images[private].version_tag == "1.0.0"
    assert asked_for_tokens(odd) == [RIGHT.basic], "one token for all questions about a repository"


def test_a_login_that_is_refused_is_a_notice(token_registry, client_of):
    registry, odd = token_registry
    client = client_of(registry.host, odd.host, logins={registry.host: WRONG})
    found = look_up([f"{registry.host}/corp/app:1.0"], client, "linux/amd64")
    assert [str(n.message) for n in found.notices] == [
        f"The registry {registry.host} was not asked for tags and digests: {registry.host} refuses the login that docker "
        "has for it (HTTP 401)."
    ]


def test_a_token_server_that_is_not_named_is_not_asked(token_registry, client_of):
    """Over plain HTTP only hosts of this machine that the settings name are asked."""
    registry, odd = token_registry
    odd.asked.clear()
    client = client_of(registry.host, logins={registry.host: RIGHT})
    with pytest.raises(RegistryProblem, match="not offered over HTTPS"):
        client.digest(registry.host, "corp/app", "1.0")
    assert odd.asked == []


def test_a_token_to_get_tokens_with_is_sent_in_a_form(odd_registry, client_of):
    seen = []

    def give(handler):
        seen.append(handler.rfile.read(int(handler.headers["Content-Length"])).decode())
        return 200, {}, b'{"access_token": "t0ken"}'

    def serve(handler):
        if handler.headers.get("Authorization") != "Bearer t0ken":
            return 401, {"WWW-Authenticate": f'Bearer realm="http://{odd_registry.host}/token",service="s"'}, b""
        return 200, {}, b'{"schemaVersion": 2, "layers": []}'

    odd_registry.routes |= {"/v2/app/manifests/1": serve, "/token": give}
    client = client_of(odd_registry.host, logins={odd_registry.host: Login("<token>", "refresh", is_identity=True)})
    assert client.manifest(odd_registry.host, "app", "1").content["layers"] == []
    assert "refresh_token=refresh" in seen[0]
    assert "refresh" not in str([path for _, path, _ in odd_registry.asked])


def test_a_password_does_not_follow_a_redirect(odd_registry, client_of):
    port = odd_registry.host.rpartition(":")[2]

    def serve(handler):
        if handler.headers.get("Authorization") is None:
            return 401, {"WWW-Authenticate": 'Basic realm="x"'}, b""
        return 307, {"Location": f"http://localhost:{port}/elsewhere"}, b""

    odd_registry.routes["/v2/app/manifests/1"] = serve
    client = client_of(odd_registry.host, f"localhost:{port}", logins={odd_registry.host: RIGHT})
    with pytest.raises(RegistryProblem):
        client.manifest(odd_registry.host, "app", "1")
    assert all("Authorization" not in headers for _, path, headers in odd_registry.asked if path == "/elsewhere")


def docker_config(folder: Path, config: object) -> dict[str, str]:
    (folder / "config.json").write_text(json.dumps(config) if not isinstance(config, str) else config)
    return {"DOCKER_CONFIG": str(folder), "PATH": f"{folder}:/usr/bin:/bin"}


def helper(folder: Path, name: str, script: str) -> None:
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


ENCODED = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
GIVES = (
    'read -r server; test "$1" = get || exit 1\n'
    f'printf \'{{"ServerURL":"%s","Username":"{USER}","Secret":"of %s"}}\' "$server" "$server"'
)


@pytest.mark.parametrize(
    ("host", "config", "login"),
    [
        ("ghcr.io", {"auths": {"ghcr.io": {"auth": ENCODED}}}, RIGHT),
        ("ghcr.io", {"auths": {"https://ghcr.io": {"username": USER, "password": PASSWORD}}}, RIGHT),
        ("docker.io", {"auths": {"https://index.docker.io/v1/": {"auth": ENCODED}}}, RIGHT),
        ("a.io", {"auths": {"a.io": {"identitytoken": "t"}}}, Login("<token>", "t", is_identity=True)),
        ("a.io", {"credHelpers": {"a.io": "x"}, "auths": {"a.io": {"auth": ENCODED}}}, Login(USER, "of a.io")),
        ("docker.io", {"credsStore": "x"}, Login(USER, "of https://index.docker.io/v1/")),
        ("b.io", {"auths": {"a.io": {"auth": ENCODED}}}, None),
        ("a.io", {"auths": {"a.io": {}}}, None),
        ("a.io", {"credsStore": "none"}, None),
        ("a.io", [], None),
    ],
)
def test_docker_s_login_is_found_where_docker_keeps_it(tmp_path, host, config, login):
    helper(tmp_path, "x", GIVES)
    helper(tmp_path, "none", "echo 'credentials not found in native keychain'; exit 1")
    assert login_of(host, docker_config(tmp_path, config)) == login


def test_no_configuration_has_no_login(tmp_path):
    assert login_of("a.io", {"HOME": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{not json", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ({"auths": {"a.io": {"auth": "s3cret!"}}}, "a broken login for a.io"),
        ({"credHelpers": {"a.io": "../../bin/sh"}}, "a credential helper that is none"),
        ({"credHelpers": {"a.io": "gone"}}, "docker-credential-gone is not on PATH"),
        ({"credHelpers": {"a.io": "fails"}}, "docker-credential-fails failed with status 3"),
        ({"credHelpers": {"a.io": "odd"}}, "an answer that is no login"),
    ],
)
def test_a_login_that_cannot_be_had_is_said_without_secrets(tmp_path, config, said):
    helper(tmp_path, "fails", "echo s3cret; exit 3")
    helper(tmp_path, "odd", "echo s3cret")
    with pytest.raises(LoginProblem, match=said) as problem:
        login_of("a.io", docker_config(tmp_path, config))
    assert "s3cret" not in str(problem.value)
    assert PASSWORD not in repr(RIGHT)
