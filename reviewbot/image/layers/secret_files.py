"""Secrets in the files of an image: what kind, never which."""

from __future__ import annotations

import re

from reviewbot.image.layers.leftovers import is_library
from reviewbot.source.secret_files import (
    credential_of_tool,
    is_environment_file,
    is_file_of_a_tool,
    secret_in_environment,
    usable_keys,
)
from reviewbot.source.secrets import secrets_in_text

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
_KEY_KIND = "a private key"
_GUESSED = frozenset({"a JSON web token", "a password in a URL"})
"""Kinds that documents and code show as examples: they count only where settings are kept."""
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
    of_tool = credential_of_tool(path, content.decode("utf-8", "replace")) if is_file_of_a_tool(path) else None
    if of_tool is not None:
        return of_tool
    settings = _SETTINGS.search(path) is not None
    if b"\0" in content or not (settings or any(start in content for start in _STARTS)):
        return None
    text = content.decode("utf-8", "replace")
    for _, kind in secrets_in_text(text):
        if kind == _KEY_KIND:
            if usable_keys(text):
                return kind
        elif kind not in _GUESSED or settings:
            return kind
    return secret_in_environment(text) if is_environment_file(path) else None
