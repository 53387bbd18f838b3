"""Logins that docker keeps: in its ``config.json``, or with a credential helper."""

from __future__ import annotations

import base64
import binascii
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SERVERS = {"docker.io": "https://index.docker.io/v1/"}
"""How docker names a registry whose login it keeps, where that is not the host."""
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_IDENTITY = "<token>"
"""The user under which a helper keeps a token to get tokens with."""
_SECONDS = 10
_LARGEST = 1_000_000


class LoginProblem(Exception):
    """A login that is configured and could not be had: why, for a person. It never quotes a secret."""


@dataclass(frozen=True)
class Login:
    """Who asks. ``is_identity`` tells that the secret is a token to get tokens with, not a password."""

    user: str
    secret: str = field(repr=False)
    is_identity: bool = False

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header."""
        return f"Basic {base64.b64encode(f'{self.user}:{self.secret}'.encode()).decode()}"


def login_of(host: str, ambient: Mapping[str, str]) -> Login | None:
    """The login for a registry, as ``docker pull`` would find it; None where docker has none.

    ``ambient`` is the environment that names docker's configuration. Raises LoginProblem.
    """
    server = _SERVERS.get(host, host)
    config = _config(ambient)
    helpers = config.get("credHelpers")
    helper = helpers.get(server) if isinstance(helpers, dict) else None
    helper = helper or config.get("credsStore")
    if helper:
        return _of_helper(str(helper), server, ambient)
    auths = config.get("auths")
    for name in (server, f"https://{server}", f"https://{server}/v1/", f"https://{server}/v2/"):
        entry = auths.get(name) if isinstance(auths, dict) else None
        if isinstance(entry, dict):
            return _of_entry(entry, server)
    return None


def _config(ambient: Mapping[str, str]) -> Mapping[str, Any]:
    folder = Path(ambient.get("DOCKER_CONFIG") or Path(ambient.get("HOME", "/")) / ".docker")
    try:
        with (folder / "config.json").open("rb") as file:
            config = json.loads(file.read(_LARGEST))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        raise LoginProblem("docker's config.json cannot be read") from None
    return config if isinstance(config, dict) else {}


def _of_entry(entry: Mapping[str, Any], server: str) -> Login | None:
    """An entry of ``auths``: the user and password in Base64, or in the open, or a token to get tokens with."""
    user, secret = entry.get("username"), entry.get("password")
    auth = entry.get("auth")
    if isinstance(auth, str) and auth:
        try:
            user, _, secret = base64.b64decode(auth, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise LoginProblem(f"docker's config.json has a broken login for {server}") from None
    identity = entry.get("identitytoken")
    if isinstance(identity, str) and identity:
        return Login(str(user or _IDENTITY), identity, is_identity=True)
    return Login(str(user), str(secret)) if user and secret else None


def _of_helper(name: str, server: str, ambient: Mapping[str, str]) -> Login | None:
    if not _HELPER.fullmatch(name):
        raise LoginProblem("docker's config.json names a credential helper that is none")
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(
            [program, "get"],
            input=server,
            env=dict(ambient),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise LoginProblem(f"{program} is not on PATH") from None
    except (OSError, UnicodeDecodeError, subprocess.TimeoutExpired):
        raise LoginProblem(f"{program} gave no answer within {_SECONDS} seconds") from None
    if done.returncode != 0:
        if "credentials not found" in f"{done.stdout} {done.stderr}":
            return None
        raise LoginProblem(f"{program} failed with status {done.returncode}")
    try:
        given = json.loads(done.stdout[:_LARGEST])
        user, secret = str(given["Username"]), str(given["Secret"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LoginProblem(f"{program} gave an answer that is no login") from None
    return Login(user, secret, is_identity=user == _IDENTITY) if secret else None
