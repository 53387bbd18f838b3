"""Other builders than the engine's own: those that buildx knows by name, and BuildKit behind an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from reviewbot.image.docker.docker_command import EngineProblem, ask_docker, first_line

_OWN = "reviewbot"
"""What the builder behind an address is called, in a configuration that nobody else has."""
_DRIVER = re.compile(r"^Driver:\s*(\S+)", re.MULTILINE)


def user_builders(ambient: Mapping[str, str]) -> Path:
    """Where buildx keeps what the user's builders are."""
    if ambient.get("BUILDX_CONFIG"):
        return Path(ambient["BUILDX_CONFIG"])
    return Path(ambient.get("DOCKER_CONFIG") or Path(ambient.get("HOME", "/")) / ".docker") / "buildx"


class Builders(Struct, frozen=True):
    """Those of one connection, whose private configuration ``environment`` names; ``theirs`` has the user's."""

    docker: str
    environment: Mapping[str, str]
    theirs: Path

    def arguments(self, builder: str | None) -> list[str]:
        """How buildx is told which one. Raises EngineProblem for an address that is none."""
        if builder is None:
            return []
        if _is_address(builder):
            _create(self.docker, tuple(self.environment.items()), builder)
            return [f"--builder={_OWN}"]
        return [f"--builder={builder}"]

    def variables(self, builder: str | None) -> dict[str, str]:
        """What it takes of the environment to be found."""
        named = builder is not None and not _is_address(builder)
        return {"BUILDX_CONFIG": str(self.theirs)} if named else {}

    def shares_images(self, builder: str | None) -> bool:
        """Whether it finds the engine's images under their names: the engine itself does, no other one."""
        if builder is None:
            return True
        if _is_address(builder):
            return False
        said = ask_docker(
            self.docker, ("buildx", "inspect", "--", builder), {**self.environment, **self.variables(builder)}
        )
        driver = _DRIVER.search(said.stdout)
        return driver is not None and driver[1] == "docker"


def _is_address(builder: str) -> bool:
    return "://" in builder


@lru_cache(maxsize=16)
def _create(docker: str, environment: tuple[tuple[str, str], ...], address: str) -> None:
    done = ask_docker(
        docker, ("buildx", "create", f"--name={_OWN}", "--driver=remote", "--", address), dict(environment)
    )
    if done.returncode != 0 and "existing instance" not in done.stderr:
        raise EngineProblem(f"the builder {address} cannot be used: {first_line(done.stderr)}")
