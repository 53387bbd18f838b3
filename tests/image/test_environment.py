from __future__ import annotations

import json
from pathlib import Path

from reviewbot.image.docker.environment import isolated_environment

SECRETS = {
    "GITHUB_TOKEN": "ghs_x",
    "ACTIONS_RUNTIME_TOKEN": "x",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x",
    "INPUT_GITHUB-TOKEN": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "DOCKER_AUTH_CONFIG": "{}",
    "BUILDX_BUILDER": "theirs",
    "BUILDX_CONFIG": "/x",
    "BUILDKIT_HOST": "tcp://x",
    "SOURCE_DATE_EPOCH": "0",
    "HTTPS_PROXY": "http://user:password@proxy",
}


def test_nothing_secret_and_nothing_that_steers_a_build_comes_along(tmp_path: Path) -> None:
    environment = isolated_environment({"PATH": "/usr/bin", "HOME": str(tmp_path), **SECRETS}, folder(tmp_path))
    assert not SECRETS.keys() & environment.keys()
    assert environment["PATH"] == "/usr/bin"


def test_the_engine_stays_the_one_that_was_named(tmp_path: Path) -> None:
    named = {"DOCKER_HOST": "ssh://box", "DOCKER_CONTEXT": "c", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}
    assert named.items() <= isolated_environment({"HOME": str(tmp_path), **named}, folder(tmp_path)).items()


def test_contexts_and_plugins_of_the_user_are_found_and_credentials_are_not(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for name in ("contexts", "cli-plugins"):
        (own / name).mkdir(parents=True)
    (own / "config.json").write_text(
        json.dumps({"currentContext": "colima", "credsStore": "desktop", "auths": {"ghcr.io": {"auth": "c2VjcmV0"}}})
    )
    isolated = folder(tmp_path)
    environment = isolated_environment({"DOCKER_CONFIG": str(own)}, isolated)
    assert environment["DOCKER_CONFIG"] == str(isolated)
    config = json.loads((isolated / "config.json").read_text())
    assert config == {"currentContext": "colima", "auths": {"credentials.invalid": {}}}
    assert (isolated / "contexts").samefile(own / "contexts")
    assert (isolated / "cli-plugins").samefile(own / "cli-plugins")


def test_a_broken_configuration_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text("[")
    isolated = folder(tmp_path)
    isolated_environment({"HOME": str(tmp_path)}, isolated)
    assert "currentContext" not in json.loads((isolated / "config.json").read_text())


def folder(tmp_path: Path) -> Path:
    isolated = tmp_path / "isolated"
    isolated.mkdir()
    return isolated
