"""Where the data of a service is, and whether a mount holds it."""

from __future__ import annotations

import posixpath

from reviewbot.facts import Facts
from reviewbot.rules.known_images import Family, family_of, major_version
from reviewbot.rules.service_role import (
    as_it_runs,
    elsewhere,
    is_for_tests,
    is_job,
    runs_something_else,
    sounds_like_a_job,
)
from reviewbot.source.compose import Mount, Service

_MOVED = {
    "/var/lib/postgresql": "/var/lib/postgresql/data",
    "/var/lib/postgresql/data": "/var/lib/postgresql",
}
_IN_DATA = ("Redis", "Valkey")
"""What keeps its data in ``/data`` where it is told to keep it: who mounts a volume wants that."""


def data_place(service: Service, facts: Facts) -> tuple[Family, str] | None:
    """What a service is, and the folder of its data that must outlive the container.

    None where it keeps none, where the folder is not known, and for tests, jobs, and what may come from elsewhere.
    """
    whole = as_it_runs(service, facts)
    reference = whole.image_reference if whole else None
    family = family_of(reference)
    if whole is None or family is None or reference is None or service.file.is_partial or whole.is_built:
        return None
    mistaken = _at_mistaken_place(service, family)
    folder = family.data(whole, reference) or ("/data" if mistaken and family.name in _IN_DATA else None)
    if folder is None or whole.get("volumes_from") or is_for_tests(service) or is_job(whole, facts):
        return None
    if sounds_like_a_job(service) or runs_something_else(whole):
        return None
    return family, folder


def misplaced_mount(service: Service, family: Family, folder: str, facts: Facts) -> Mount | None:
    """A volume where another version, or another packaging, of the program has its data, when the right folder has none."""
    moved = _at_moved_place(service, folder)
    if moved is not None:
        return moved
    if any(holds(mount, folder) for mount in service.mounts) or holds_elsewhere(service, folder, facts):
        return None
    return _at_mistaken_place(service, family)


def _at_moved_place(service: Service, folder: str) -> Mount | None:
    """A volume at the folder of PostgreSQL's data in other versions.

    Before 18 the image declares a volume of its own at the inner folder, which hides what is mounted at the outer one.
    Of images without a version only Docker's own is known to be past that.
    """
    image = service.image_reference
    other = _MOVED.get(folder)
    if other is None or service.variable("PGDATA") or image is None:
        return None
    if major_version(image) is None and image.familiar_name != "postgres":
        return None
    targets = {posixpath.normpath(mount.target): mount for mount in service.mounts if mount.target}
    return None if folder in targets else targets.get(other)


def _at_mistaken_place(service: Service, family: Family) -> Mount | None:
    """A volume where people expect the data of this program, and where this image keeps none."""
    if service.command and any(folder in service.command for folder in family.mistaken):
        return None
    return next((m for m in service.mounts if m.kind != "tmpfs" and m.target.rstrip("/") in family.mistaken), None)


def holds(mount: Mount, folder: str) -> bool:
    """Whether a folder of the container lies in a mount; one whose target is not known may hold it."""
    target = posixpath.normpath(mount.target or "/")
    return (
        "$" in mount.target
        or target == _MOVED.get(folder)
        or folder == target
        or folder.startswith(target.rstrip("/") + "/")
    )


def holds_elsewhere(service: Service, folder: str, facts: Facts) -> bool:
    """Whether a mount in what the service extends, or in a file laid over it, holds a folder for good."""
    others = (*facts.variants(service), *elsewhere(service, facts))
    mounts = (mount for other in others for mount in other.mounts)
    return any(mount.kind != "anonymous" and holds(mount, folder) for mount in mounts)
