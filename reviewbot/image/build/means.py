"""What builds are given besides their files: a builder, secrets and caches, as the base's configuration says."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reviewbot.settings import SecretSettings, Settings

_MOST_BYTES = 500_000
"""Of one secret: what BuildKit takes."""
_LEAST_MASKED = 5
"""Characters of a secret's line from which it is masked: a shorter one is part of any word."""
_MASKED = "***"

_CACHE_SERVICE = ("ACTIONS_CACHE_URL", "ACTIONS_RESULTS_URL", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_CACHE_SERVICE_V2")
"""What ``type=gha`` needs of a runner's environment to reach its cache."""


@dataclass(frozen=True)
class BuildMeans:
    """``builder`` is a name that buildx knows or an address of BuildKit; ``secrets`` are values by id.

    ``cache_to`` is for builds of trusted commits only; ``variables`` are what the caches need of the environment.
    """

    builder: str | None = None
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    notices: tuple[str, ...] = ()
    """What was asked for and is not there."""

    def masking(self, mask: Callable[[str], str]) -> Callable[[str], str]:
        """``mask``, and the secrets' own values as well."""
        texts = [value.decode("utf-8", "replace") for value in self.secrets.values()]
        lines = {line.strip() for text in texts for line in (text, *text.splitlines())}
        ordered = sorted((line for line in lines if len(line) >= _LEAST_MASKED), key=len, reverse=True)

        def masked(text: str) -> str:
            for value in ordered:
                text = text.replace(value, _MASKED)
            return mask(text)

        return masked if ordered else mask


def means_of(settings: Settings, ambient: Mapping[str, str]) -> BuildMeans:
    """What the settings name, taken from this machine."""
    secrets: dict[str, bytes] = {}
    notices: list[str] = []
    for name, source in settings.secrets.items():
        value = _value(source, ambient)
        if isinstance(value, bytes):
            secrets[name] = value
        else:
            notices.append(f"Builds got no secret {name!r}: {value}.")
    caches = (*settings.cache_from, *settings.cache_to)
    uses_service = any("type=gha" in cache.split(",") for cache in caches)
    return BuildMeans(
        builder=settings.builder,
        secrets=secrets,
        cache_from=settings.cache_from,
        cache_to=settings.cache_to,
        variables={name: ambient[name] for name in _CACHE_SERVICE if name in ambient} if uses_service else {},
        notices=tuple(notices),
    )


def _value(source: SecretSettings, ambient: Mapping[str, str]) -> bytes | str:
    """A secret's value; a sentence's end that says why there is none."""
    if source.env is not None:
        value = ambient.get(source.env, "")
        return value.encode("utf-8", "surrogateescape") if value else f"the variable {source.env} is not set"
    path = Path(source.file or "").expanduser()
    try:
        # A link in a checkout may be a stranger's, and lead anywhere.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as problem:
        return f"{path} cannot be read: {problem.strerror}"
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return f"{path} is no file"
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(_MOST_BYTES + 1)
    return content if len(content) <= _MOST_BYTES else f"{path} has more than {_MOST_BYTES} bytes"
