"""What is known of images that many people run, and how a service's own settings change it."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from reviewbot.source.compose import Service
from reviewbot.source.reference import ImageReference

Probe = tuple[str, ...]
"""The words of a ``healthcheck.test``: ``CMD`` and a program's, or ``CMD-SHELL`` and one command line."""

ProbeOf = Callable[[Service, ImageReference], Probe | None]
FolderOf = Callable[[Service, ImageReference], str | None]


def _no_folder(service: Service, image: ImageReference) -> str | None:
    return None


class Family(Struct, frozen=True):
    """Images that behave alike. ``probe`` gives None where it depends on settings that are not in sight."""

    name: str
    images: frozenset[str]
    probe: ProbeOf
    start_period: str = "10s"
    data: FolderOf = _no_folder
    """The folder of the data that must outlive the container."""
    mistaken: frozenset[str] = frozenset()
    """Folders where people expect the data, and where the image keeps none."""
    file_variables: frozenset[str] = frozenset()
    """The variables with a secret that may be given as ``NAME_FILE``."""
    scratch: tuple[str, ...] | None = None
    """Folders that must be writable besides the data; None where that is not known."""
    capabilities: tuple[str, ...] | None = None
    """The capabilities that the image's start needs when it runs as root; None where that is not known."""

    @property
    def starts_slowly(self) -> bool:
        return self.start_period not in ("5s", "10s")


def family(
    name: str,
    images: str,
    probe: ProbeOf,
    start_period: str = "10s",
    *,
    data: FolderOf = _no_folder,
    mistaken: str = "",
    file_variables: str = "",
    scratch: str | None = None,
    capabilities: str | None = None,
) -> Family:
    """A family from lists with spaces between."""
    return Family(
        name,
        frozenset(images.split()),
        probe,
        start_period,
        data,
        frozenset(mistaken.split()),
        frozenset(file_variables.split()),
        None if scratch is None else tuple(scratch.split()),
        None if capabilities is None else tuple(capabilities.split()),
    )


def always(*words: str) -> ProbeOf:
    return lambda service, image: words


def in_folder(folder: str) -> FolderOf:
    return lambda service, image: folder


def never(service: Service, image: ImageReference) -> Probe | None:
    """For an image whose settings decide, and are not in sight."""
    return None


def connects(port: int) -> Probe:
    """Whether something listens, asked by bash itself."""
    return ("CMD", "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}")


def spider(url: str) -> Probe:
    """Whether an address answers, asked by busybox's wget (or the real one)."""
    return ("CMD", "wget", "-q", "--spider", url)


def curl(url: str) -> Probe:
    return ("CMD", "curl", "-fsS", "-o", "/dev/null", url)


def major_version(image: ImageReference) -> int | None:
    """The major version that a tag names: 16 of ``16.4-alpine``, ``pg16`` and ``latest-pg16``."""
    match = re.search(r"pg(\d+)", image.tag or "") or re.match(r"v?(\d+)(?:[.-]|$)", image.tag or "")
    return int(match[1][:6]) if match else None


def is_alpine(image: ImageReference) -> bool:
    return "alpine" in (image.tag or "")


def is_set(service: Service, name: str) -> bool:
    return service.variable(name) is not None


def variable(service: Service, *names: str) -> str | None:
    """The value of the first of these variables that is set, in lower case."""
    for name in names:
        found = service.variable(name)
        if found is not None and found.value is not None:
            return found.value.lower()
    return None


def port_of_flag(service: Service, default: int, *flags: str) -> int | None:
    """The port that a command line sets; None where it holds a variable or no TCP port at all."""
    for flag in flags:
        match = re.search(rf"(?:^|\s){re.escape(flag)}[ =]?(\S+)", service.command)
        if match:
            return int(match[1]) if match[1].isdecimal() and 0 < int(match[1][:6]) < 65536 else None
    return default


def port_of_variable(service: Service, default: int, *names: str) -> int | None:
    """The port that a variable sets; None where it holds another variable."""
    value = variable(service, *names)
    if value is None:
        return default
    return int(value) if value.isdecimal() and 0 < int(value[:6]) < 65536 else None


def is_mounted(service: Service, folder: str) -> bool:
    """Whether files of one's own lie in a folder of the container, or its configuration comes from elsewhere."""
    configs = service.get("configs")
    return bool(configs) or any(mount.target.rstrip("/").startswith(folder) for mount in service.mounts)
