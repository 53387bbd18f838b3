"""Secrets in the files of an image: what kind, never which."""

from __future__ import annotations

import re

from reviewbot.image.leftovers import is_library
from reviewbot.source.secrets import is_placeholder, secret_in_assignment, secrets_in_text

LARGEST = 200_000
"""Bytes of a file's start that are looked at; secrets stand in small files."""

_STARTS = (
    *(
        b"AKIA",
        b"ASIA",
        b"ghp_",
        b"gho_",
        b"ghu_",
        b"ghs_",
        b"ghr_",
        b"github_pat_",
        b"glpat-",
        b"xox",
        b"hooks.slack.com",
    ),
    *(b"k_live_", b"npm_", b"pypi-Ag", b"AIza", b"sk-", b"SG.", b"dckr_pat_", b"hf_", b"_v1_", b"PRIVATE KEY"),
)
_KEY = re.compile(
    r"^-----BEGIN (?P<what>(?:[A-Z]{2,12} ){0,3})PRIVATE KEY(?: BLOCK)?-----\r?\n"
    r"(?P<headers>(?:[A-Za-z-]{2,20}: [^\n]{0,200}\n){0,5})(?:\r?\n)?(?:[A-Za-z0-9+/=]{16,100}\r?\n)",
    re.M,
)
_KEY_KIND = "a private key"
_GUESSED = frozenset({"a JSON web token", "a password in a URL"})
"""Kinds that documents and code show as examples: they count only where settings are kept."""
_CREDENTIALS = (
    (
        re.compile(r"(?:^|/)\.docker/config\.json$"),
        re.compile(r'"auth"\s*:\s*"[A-Za-z0-9+/=]{8,}"'),
        "registry credentials",
    ),
    (re.compile(r"(?:^|/)\.netrc$"), re.compile(r"\bpassword\s+[^\s$<]{4,}"), "credentials of .netrc"),
    (
        re.compile(r"(?:^|/)\.npmrc$"),
        re.compile(r"_(?:auth|authToken|password)\s*=\s*[^\s${]{8,}"),
        "an npm token",
    ),
    (
        re.compile(r"(?:^|/)\.pypirc$"),
        re.compile(r"^\s*password\s*[=:]\s*[^\s${<]{4,}", re.M),
        "credentials of .pypirc",
    ),
    (
        re.compile(r"(?:^|/)\.aws/credentials$"),
        re.compile(r"aws_secret_access_key\s*=\s*[A-Za-z0-9/+=]{30,}"),
        "an AWS secret key",
    ),
)
_ENVIRONMENT = re.compile(r"(?:^|/)\.env(?:\.[\w.-]+)?$")
_SETTINGS = re.compile(
    r"(?:^|/)(?:\.git/config|\.git-credentials|\.env[\w.-]*|\.npmrc|\.netrc|pip\.conf|[^/]*\.(?:env|conf|cfg|ini|ya?ml|properties"
    r"|toml|credentials))$"
)
_EXAMPLE = re.compile(
    r"example|sample|template|\.dist$|\.md$|\.rst$|\.html?$|fixture|/docs?/|__tests__|_test\.|\.test\.", re.I
)


def is_worth_reading(path: str, size: int) -> bool:
    """Whether a file may hold a secret of the image's own."""
    return 0 < size <= 20 * LARGEST and not is_library(path) and not _EXAMPLE.search(path)


def secret_in_file(path: str, content: bytes) -> str | None:
    """What kind of secret a file holds; None for none."""
    for place, pattern, kind in _CREDENTIALS:
        if place.search(path) and pattern.search(content.decode("utf-8", "replace")):
            return kind
    settings = _SETTINGS.search(path) is not None
    if b"\0" in content or not (settings or any(start in content for start in _STARTS)):
        return None
    text = content.decode("utf-8", "replace")
    for _, kind in secrets_in_text(text):
        if kind == _KEY_KIND:
            if any(_is_usable(match) for match in _KEY.finditer(text)):
                return kind
        elif kind not in _GUESSED or settings:
            return kind
    return _in_environment_file(text) if _ENVIRONMENT.search(path) else None


def _is_usable(key: re.Match[str]) -> bool:
    """Whether a key opens something by itself: without a passphrase."""
    return "ENCRYPTED" not in key["what"] and "ENCRYPTED" not in key["headers"]


def _in_environment_file(text: str) -> str | None:
    for line in text.splitlines()[:2_000]:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip().strip("'\"")
        if equals and not line.lstrip().startswith("#") and not is_placeholder(value):
            kind = secret_in_assignment(name.strip(), value)
            if kind is not None:
                return kind
    return None
