"""Short questions to the docker command line."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

_SECONDS = 60
"""How long a question to the engine may take; builds have a limit of their own."""


class EngineUnavailable(Exception):
    """No engine to build with: the reason, for a person."""


class EngineProblem(Exception):
    """The engine did not do what it was asked: what it said."""


def ask_docker(
    docker: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What docker answers. Raises EngineProblem when it does not start, or does not end."""
    try:
        return subprocess.run(
            [docker, *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineProblem(f"docker {arguments[0]} did not end within {_SECONDS} seconds") from None
    except OSError as problem:
        raise EngineProblem(f"docker does not start: {problem}") from None


def first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
