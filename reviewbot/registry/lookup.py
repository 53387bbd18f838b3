"""Questions to registries: what the tags that files name are at the moment."""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from reviewbot.finding import Notice
from reviewbot.registry.client import INDEXES, RegistryClient, RegistryProblem
from reviewbot.registry.model import LookedUp, RegistryImage, Variant
from reviewbot.registry.tags import more_exact, newest_patch, smaller_variants
from reviewbot.source.reference import ImageReference, parse_reference

MOST_IMAGES = 16
"""References of one review that are asked for."""
MOST_CANDIDATES = 4
"""Version tags that are compared with a moving one."""
MOST_NEAREST = 3
"""Tags that are named where one is not there."""
SECONDS = 25
"""The time that all questions of a review may take."""
_GRACE = 1.0
"""Seconds beyond the deadline for a question that ends by itself."""


def look_up(references: Iterable[str], client: RegistryClient, platform: str) -> LookedUp:
    """Ask for every reference; ``platform`` (``linux/amd64``) is the one whose sizes are compared.

    Registries are asked at once, each in a thread of its own, so that one which sends a byte now and then holds up
    nobody; what is not known at the client's deadline is left. A registry that does not answer is not asked again.
    Never raises.
    """
    by_domain: dict[str, list[str]] = {}
    for written in list(dict.fromkeys(references))[:MOST_IMAGES]:
        image = parse_reference(written)
        if image is not None and image.domain in client.allowed:
            by_domain.setdefault(image.domain, []).append(written)
    questions = [_Questions(wanted, client, platform) for wanted in by_domain.values()]
    threads = [threading.Thread(target=each.ask, daemon=True) for each in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, client.deadline + _GRACE - time.monotonic()))
    answers = [(domain, *each.answers()) for domain, each in zip(by_domain, questions, strict=True)]
    notices = tuple(
        Notice(f"The registry {domain} was not asked for tags and digests: {silent}.")
        for domain, _, _, silent in answers
        if silent
    )
    images = {written: image for _, found, _, _ in answers for written, image in found.items()}
    unknown = {written: nearest for _, _, found, _ in answers for written, nearest in found.items()}
    return LookedUp(images, unknown, notices)


class _Questions:
    """What one registry is asked; its answers so far can be had at any time."""

    def __init__(self, wanted: Sequence[str], client: RegistryClient, platform: str) -> None:
        self._wanted, self._client, self._platform = wanted, client, platform
        self._lock = threading.Lock()
        self._images: dict[str, RegistryImage] = {}
        self._unknown: dict[str, tuple[str, ...]] = {}
        self._silent: str | None = f"it is too slow: no answer came within {SECONDS} seconds"

    def ask(self) -> None:
        silent: str | None = None
        for written in self._wanted:
            image = parse_reference(written)
            if image is None:
                continue
            try:
                found, nearest = _ask(image, self._client, self._platform)
            except RegistryProblem as problem:
                if not problem.is_missing:
                    silent = str(problem)
                    break
                continue
            with self._lock:
                if found is not None:
                    self._images[written] = found
                else:
                    self._unknown[written] = nearest
        with self._lock:
            self._silent = silent

    def answers(self) -> tuple[dict[str, RegistryImage], dict[str, tuple[str, ...]], str | None]:
        """Images, tags that are not there, and why there is no more; None where all was answered."""
        with self._lock:
            return dict(self._images), dict(self._unknown), self._silent


def _ask(image: ImageReference, client: RegistryClient, platform: str) -> tuple[RegistryImage | None, tuple[str, ...]]:
    """The image; or None, and the tags of its repository that are nearest to the one that it does not have."""
    tag = image.tag or "latest"
    try:
        digest = client.digest(image.domain, image.path, tag)
    except RegistryProblem as problem:
        if not problem.is_unknown:
            raise
        tags = client.tags(image.domain, image.path)
        if tag in tags or not tags:
            raise
        return None, tuple(difflib.get_close_matches(tag, tags, MOST_NEAREST, 0.6))
    return _learn(image, tag, digest, client, platform), ()


def _learn(image: ImageReference, tag: str, digest: str, client: RegistryClient, platform: str) -> RegistryImage:
    tags = client.tags(image.domain, image.path)
    newer = newest_patch(tag, tags, image.official_name or "")
    found = RegistryImage(
        tag,
        digest,
        _version_tag(image, tag, digest, tags, client),
        newer_patch=newer,
        newer_digest=_digest(image, newer, client) if newer else None,
    )
    smaller = [name for name in smaller_variants(tag) if name in set(tags)]
    if not smaller:
        return found
    variants = tuple(v for name in smaller if (v := _variant(image, name, client, platform)))
    own = _variant(image, tag, client, platform)
    size = own.compressed_size if own else None
    return replace(found, compressed_size=size, smaller=variants, platform=platform)


def _digest(image: ImageReference, tag: str, client: RegistryClient) -> str | None:
    """The digest of another tag of the repository; None where it is not there any more."""
    try:
        return client.digest(image.domain, image.path, tag)
    except RegistryProblem as problem:
        if problem.is_missing:
            return None
        raise


def _version_tag(image: ImageReference, tag: str, digest: str, tags: list[str], client: RegistryClient) -> str | None:
    for candidate in more_exact(tag, tags)[:MOST_CANDIDATES]:
        if _digest(image, candidate, client) == digest:
            return candidate
    return None


def _variant(image: ImageReference, tag: str, client: RegistryClient, platform: str) -> Variant | None:
    try:
        manifest = client.manifest(image.domain, image.path, tag)
        digest = manifest.digest
        if manifest.media_type in INDEXES:
            own = _of_platform(manifest.content, platform)
            if own is None:
                return Variant(tag, digest)
            manifest = client.manifest(image.domain, image.path, own)
        return Variant(tag, digest, _size(manifest.content))
    except RegistryProblem as problem:
        if problem.is_missing:
            return None
        raise


def _of_platform(index: Mapping[str, Any], platform: str) -> str | None:
    """The digest of the manifest for a platform."""
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    listed = index.get("manifests")
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("platform"), dict):
            continue
        its = entry["platform"]
        if (its.get("os"), its.get("architecture")) == (system, architecture) and variant in ("", its.get("variant")):
            digest = entry.get("digest")
            return digest if isinstance(digest, str) and digest.startswith("sha256:") else None
    return None


def _size(manifest: Mapping[str, Any]) -> int | None:
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        return None
    sizes = [layer.get("size") if isinstance(layer, dict) else None for layer in layers]
    known = [size for size in sizes if isinstance(size, int) and size >= 0]
    return sum(known) if len(known) == len(sizes) else None
