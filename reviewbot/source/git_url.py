"""URLs of git repositories, as `ADD`, build contexts and `include` take them."""

from __future__ import annotations

import re

_GIT = re.compile(r"^(?:git@[\w.-]+:|git://|ssh://)|\.git(?:[#?]|$)|^github\.com/")
_COMMIT = re.compile(r"[0-9a-f]{40}\b|[0-9a-f]{64}\b")
_VERSION = re.compile(r"^(?:refs/tags/)?[\w./-]*\d+\.\d+[\w.+-]*$")


def is_git_url(source: str) -> bool:
    return _GIT.search(source) is not None


def names_a_commit(source: str) -> bool:
    """Whether a URL holds a commit id, or another digest of what it brings."""
    return _COMMIT.search(source) is not None


def names_a_version(source: str) -> bool:
    """Whether what follows ``#`` is a commit, or a tag with a version, which by custom does not move."""
    reference = source.partition("#")[2].partition(":")[0]
    return names_a_commit(source) or _VERSION.match(reference) is not None
