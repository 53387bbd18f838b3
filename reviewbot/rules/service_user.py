"""Who a service runs as."""

from __future__ import annotations

from reviewbot.facts import Facts
from reviewbot.rules.service_image import image_of, services_built_from
from reviewbot.source.compose import Service
from reviewbot.source.distribution import is_known_as_non_root
from reviewbot.source.interpolation import interpolate

_ROOT = ("root", "0")


def user_of(service: Service) -> str | None:
    """What ``user:`` names, without the group; None where it is not set, or hidden by a variable."""
    node = service.get("user")
    written = interpolate(node.scalar) if node is not None and node.scalar else None
    return written.split(":")[0] if written else None


def is_root(user: str) -> bool:
    return user in _ROOT


def image_user(service: Service, facts: Facts) -> str | None:
    """The user that the service's image sets: ``root`` where it certainly sets none; None where nobody knows."""
    image = image_of(service, facts)
    if image.stage is not None and image.dockerfile is not None:
        written = image.stage.last("USER")
        if written is not None and written.words:
            name = image.dockerfile.expand(written.words[0].value, written)
            return name.split(":")[0] if name else None
    if image.config is not None:
        return image.config.user.split(":")[0] or "root"
    if image.reference is not None and is_known_as_non_root(image.reference):
        return "an unprivileged user"
    return None


def runs_unprivileged(service: Service, facts: Facts) -> bool:
    """Whether the service certainly does not start as root."""
    whole = facts.as_used(service)
    if whole.get("user"):
        user = user_of(whole)
        return user is not None and not is_root(user)
    own = image_user(service, facts)
    return own is not None and not is_root(own)


def is_run_unprivileged(dockerfile: str, facts: Facts) -> bool:
    """Whether every service that runs the image of a Dockerfile, and there is one, names an unprivileged user itself."""
    users = [user_of(service) for service in services_built_from(dockerfile, facts)]
    return bool(users) and all(user is not None and not is_root(user) for user in users)
