"""Images as an engine keeps them: their configuration, their layers' ids, and their history."""

from __future__ import annotations

from msgspec import Struct


class ImageConfig(Struct, frozen=True):
    """The configuration that a container of the image starts with, as ``docker image inspect`` gives it."""

    user: str = ""
    has_healthcheck: bool = False
    healthcheck: tuple[str, ...] = ()
    """The check as the engine keeps it: ``CMD`` or ``CMD-SHELL``, then words or one line of shell."""
    shell: tuple[str, ...] = ()
    """What SHELL set; the engine's default when empty."""
    env: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_dir: str = ""
    exposed_ports: tuple[str, ...] = ()
    digest: str | None = None
    """``sha256:…`` of the image in its registry, where the engine knows it."""
    programs: tuple[str, ...] | None = None
    """Those of ``launch.TOOLS`` that the image has on its path; None where nobody looked."""

    @property
    def runs_as_root(self) -> bool:
        user = self.user.split(":")[0]
        return user in ("", "0", "root")


class ImageInfo(Struct, frozen=True):
    """An image of the engine: total uncompressed ``size`` in bytes, the diff ids of its layers from the lowest up,
    the instructions it leaves to its children, and its configuration."""

    id: str
    size: int
    layers: tuple[str, ...]
    platform: str
    triggers: tuple[str, ...]
    config: ImageConfig


class HistoryEntry(Struct, frozen=True):
    """One step of an image's history: how it was made, and the bytes it added."""

    created_by: str
    size: int
