"""Bringing in a commit that a shallow checkout left away."""

from __future__ import annotations

import base64

from reviewbot.change.git import GitProblem, Repository, is_object_id


def fetch_commit(repository: Repository, url: str, commit: str, token: str | None = None) -> None:
    """Fetch one commit, without its history, from a repository's URL.

    The token goes along in git's environment, never on a command line, and only to ``url``'s own host. Raises
    GitProblem when ``commit`` is not a full object id or cannot be had.
    """
    if not is_object_id(commit):
        raise GitProblem(f"{commit[:80]!r} is not a commit id")
    scheme = url.partition("://")[0]
    variables = {}
    if token and scheme == "https":
        credentials = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        host = "/".join(url.split("/")[:3])
        variables = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{host}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {credentials}",
        }
    repository.with_environment(variables).run(
        "fetch",
        "--quiet",
        "--depth=1",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--end-of-options",
        url,
        commit,
        config=(f"protocol.{scheme}.allow=always", "gc.auto=0", "credential.helper="),
    )
