"""Questions to registries: what the tags that files name are at the moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reviewbot.finding import Notice
from reviewbot.registry.client import INDEXES, RegistryClient, RegistryProblem
from reviewbot.registry.model import LookedUp, RegistryImage, Variant
from reviewbot.registry.tags import more_exact, newest_patch, smaller_variants
from reviewbot.source.reference import ImageReference, parse_reference

MOST_IMAGES = 16
"""References of one review that are asked for."""
MOST_CANDIDATES = 4
"""Version tags that are compared with a moving one."""
SECONDS = 25
"""The time that all questions of a review may take."""


def look_up(references: Iterable[str], client: RegistryClient, platform: str) -> LookedUp:
    """Ask for every reference; ``platform`` (``linux/amd64``) is the one whose sizes are compared.

    A registry that does not answer is not asked again. Never raises.
    """
    images: dict[str, RegistryImage] = {}
    silent: dict[str, str] = {}
    wanted = list(dict.fromkeys(references))[:MOST_IMAGES]
    for written in wanted:
        image = parse_reference(written)
        if image is None or image.domain in silent or image.domain not in client.allowed:
            continue
        try:
            images[written] = _ask(image, client, platform)
        except RegistryProblem as problem:
            if not problem.is_missing:
                silent[image.domain] = str(problem)
    notices = tuple(
        Notice(f"The registry {domain} was not asked for tags and digests: {reason}.")
        for domain, reason in silent.items()
    )
    return LookedUp(images, notices)


def _ask(image: ImageReference, client: RegistryClient, platform: str) -> RegistryImage:
    tag = image.tag or "latest"
    digest = client.digest(image.domain, image.path, tag)
    tags = client.tags(image.domain, image.path)
    found = RegistryImage(
        tag, digest, _version_tag(image, tag, digest, tags, client), newer_patch=newest_patch(tag, tags)
    )
    smaller = [name for name in smaller_variants(tag) if name in set(tags)]
    if not smaller:
        return found
    variants = tuple(v for name in smaller if (v := _variant(image, name, client, platform)))
    own = _variant(image, tag, client, platform)
    return RegistryImage(
        tag, digest, found.version_tag, own.compressed_size if own else None, variants, found.newer_patch
    )


def _version_tag(image: ImageReference, tag: str, digest: str, tags: list[str], client: RegistryClient) -> str | None:
    for candidate in more_exact(tag, tags)[:MOST_CANDIDATES]:
        try:
            if client.digest(image.domain, image.path, candidate) == digest:
                return candidate
        except RegistryProblem as problem:
            if not problem.is_missing:
                raise
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
