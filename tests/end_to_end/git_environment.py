"""Git as on a machine of its own."""

from __future__ import annotations

import os


def git_environment(**variables: str) -> dict[str, str]:
    """The environment for a git that knows no configuration of whoever runs the tests, with further variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | variables
