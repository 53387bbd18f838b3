"""Bringing in a commit that a shallow checkout left away."""

from __future__ import annotations

import base64
import re
import tempfile
from pathlib import Path

from reviewbot.change.git import Repository, is_object_id
from reviewbot.change.isolated import isolate_for_fetch
from reviewbot.change.problem import GitProblem

FETCH_SECONDS = 600

_ADDRESS = re.compile(r"(?P<server>(?P<scheme>https?|file)://[^/]*)/.*", re.ASCII)


def fetch_commit(repository: Repository, url: str, commit: str, token: str | None = None) -> None:
    """Fetch one commit with all its files, and without its history, from a repository's URL.

    The token goes along in git's environment, never on a command line, and only to ``url``'s own host over https. No
    configuration of the repository takes part: neither its proxies and helpers nor its other names for addresses.

    Raises GitProblem when ``commit`` is not a full object id or cannot be had within ``FETCH_SECONDS``.
    """
    if not is_object_id(commit):
        raise GitProblem(f"{commit[:80]!r} is not a commit id")
    address = _ADDRESS.fullmatch(url)
    if address is None:
        raise GitProblem(f"{url[:200]!r} is not an address to fetch from")
    variables = {"GIT_ALLOW_PROTOCOL": address["scheme"]}
    if token and address["scheme"] == "https":
        credentials = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        variables |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{address['server']}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {credentials}",
        }
    with tempfile.TemporaryDirectory(prefix="reviewbot-") as scratch:
        own = isolate_for_fetch(repository, Path(scratch))
        is_partial = repository.is_partial()
        head = repository.commit("HEAD")
        if head is not None and not is_partial:
            # What the server is told to be here already, so that it sends the difference.
            own.run("update-ref", "refs/heads/here", head)
        own.with_environment(variables).run(
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            *(("--refetch",) if is_partial else ()),
            "--end-of-options",
            url,
            commit,
            seconds=FETCH_SECONDS,
        )
    if repository.commit(commit) is None:
        raise GitProblem(f"{url} has no commit {commit}")
