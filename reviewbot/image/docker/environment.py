"""What the docker command line may know while it builds a stranger's Dockerfile: which engine, and nothing secret."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

_KEPT = (
    *("PATH", "HOME", "TMPDIR", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"),
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION"),
)
"""What finding and reaching the engine takes (over ssh too). Tokens of a workflow are not among it."""

_CONFIG_KEYS = ("currentContext", "cliPluginsExtraDirs")


def isolated_environment(ambient: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of docker commands, with a configuration of its own in ``folder`` (empty, private).

    The engine stays the one that ``DOCKER_HOST``, ``DOCKER_CONTEXT`` or the user's current context names, and plugins
    stay where they are; registry credentials, proxies and builders of the user's configuration do not come along.
    """
    own = Path(ambient.get("DOCKER_CONFIG") or Path(ambient.get("HOME", "/")) / ".docker")
    for name in ("contexts", "cli-plugins"):
        if (own / name).is_dir():
            (folder / name).symlink_to((own / name).absolute())
    theirs = _read(own / "config.json")
    config: dict[str, object] = {key: theirs[key] for key in _CONFIG_KEYS if key in theirs}
    # Without any entry the command line looks for the system's own credential store and asks that.
    config["auths"] = {"credentials.invalid": {}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    kept = {name: ambient[name] for name in _KEPT if name in ambient}
    return {
        "PATH": os.defpath,
        **kept,
        "DOCKER_CONFIG": str(folder),
        "DOCKER_CLI_HINTS": "false",
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
        "LC_ALL": "C.UTF-8",
    }


def _read(path: Path) -> dict[str, object]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}
