"""What a Compose file is meant for: production, or the work on the program itself."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.text import Span

_PRODUCTION = frozenset(("prod", "production", "prd", "live"))
_DEVELOPMENT = frozenset(
    (
        *("dev", "devel", "development", "local", "debug", "test", "tests", "testing", "ci", "e2e", "integration"),
        *("devcontainer", "example", "examples", "demo", "sample", "samples", "staging", "override", "playground"),
    )
)
_SWARM_KEYS = ("placement", "update_config", "rollback_config", "endpoint_mode")
_SAYS_PRODUCTION = re.compile(
    r"\b(?:for|in) production\b|\bproduction[ -](?:ready|deployment|setup|stack|compose|environment|configuration)",
    re.I,
)
_SAYS_NOT = re.compile(r"\b(?:not|no|never|don'?t|instead|unlike|without|before|development|local|testing)\b", re.I)


class Sign(Struct, frozen=True):
    """What says that a file is for production: where it stands (None: the file's name), and in which words."""

    at: Span | None
    said: str


@lru_cache(maxsize=256)
def production_sign(compose: ComposeFile) -> Sign | None:
    """What says that a file is for production; None where nothing does, or something says otherwise."""
    name = _words(posixpath.basename(compose.path))
    folders = _words(posixpath.dirname(compose.path))
    if name & _DEVELOPMENT or (folders & _DEVELOPMENT and not name & _PRODUCTION):
        return None
    if name & _PRODUCTION:
        return Sign(None, "its name says so")
    if folders & _PRODUCTION:
        return Sign(None, "its folder's name says so")
    return next(_said_within(compose), None)


def is_for_production(service: Service) -> bool:
    """Whether a service runs in production: by its profiles, or because its file does."""
    if service.profiles:
        return bool(_PRODUCTION.intersection(*(_words(profile) for profile in service.profiles)))
    return production_sign(service.file) is not None


def is_for_swarm(compose: ComposeFile) -> bool:
    """Whether a file holds what only a Swarm reads."""
    return any(_swarm_key(service) for service in compose.services)


def bind_mounts_source(service: Service) -> bool:
    """Whether the program's source code is mounted over what the image holds: a folder of the repository onto one where
    programs live, as is done to work on it."""
    return any(
        mount.kind == "bind"
        and mount.source in (".", "./", "..", "../", "./src", "./app", "./backend", "./frontend", "./server", "./api")
        and not mount.read_only
        and re.match(r"/(?:app|src|usr/src|code|opt|var/www|srv|home|workspace|go/src)(?:/|$)", mount.target)
        is not None
        for mount in service.mounts
    )


def _said_within(compose: ComposeFile) -> Iterator[Sign]:
    for comment in compose.comments:
        if comment.start > compose.root.span.start:
            break
        said = compose.text[comment]
        if _SAYS_PRODUCTION.search(said) and not _SAYS_NOT.search(said):
            yield Sign(comment, "a comment at its head says so")
    for service in compose.services:
        for profile in service.profiles:
            if _words(profile) & _PRODUCTION:
                yield Sign(service.name_span, "a profile says so")
    if any(bind_mounts_source(service) for service in compose.services):
        return
    deployed = [service for service in compose.services if _is_deployed(service)]
    if len(deployed) * 2 > len(compose.services):
        yield Sign(deployed[0].name_span, "its `deploy:` sections say so")


def _is_deployed(service: Service) -> bool:
    """Whether it says how it is kept running, or how many of it."""
    replicas = service.get("deploy", "replicas")
    is_several = replicas is not None and isinstance(replicas.value, int) and replicas.value > 1
    return is_several or service.get("deploy", "restart_policy") is not None


def _swarm_key(service: Service) -> bool:
    mode = service.get("deploy", "mode")
    return (mode is not None and mode.scalar == "global") or any(service.get("deploy", key) for key in _SWARM_KEYS)


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", name.lower()))
