"""Whether a base need not be built, because it was measured before."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from reviewbot.change.model import Tree
from reviewbot.change.objects import CommitTree
from reviewbot.change.read import ReadChange
from reviewbot.finding import Notice
from reviewbot.image.baseline.inputs import Identity, InputKey, input_key
from reviewbot.image.baseline.kept import Baseline, BaselineProblem, Measurement, read_baseline
from reviewbot.image.docker.engine import Connection
from reviewbot.image.known_images import KnownImages
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.scanning.scanners import scanner_named
from reviewbot.settings import Settings

Resolve = Callable[[str], str | None]
"""The digest that a registry has for a reference; None where it was not asked or does not say."""


class KnownBases(Struct, frozen=True):
    """What was measured before, and who knows what references mean."""

    baseline: Baseline
    settings: Settings
    resolve: Resolve

    def find(
        self, spec: ImageSpec, tree: Tree, connection: Connection, images: KnownImages
    ) -> tuple[Measurement, bool] | None:
        """The measurement of exactly these inputs, and whether its base images are known to be the same."""
        # A scanner looks into the base's image itself.
        if not self.baseline.images or _is_scanned(self.settings, connection):
            return None
        key = key_of(spec, tree, self.settings, connection.platform, identity(images, self.resolve))
        found = self.baseline.find(key.digest) if key is not None else None
        return (found, key.is_certain) if found is not None and key is not None else None


def key_of(spec: ImageSpec, tree: Tree, settings: Settings, platform: str, identify: Identity) -> InputKey | None:
    """The digest of an image's inputs; None where it has none, as in a folder without git."""
    if not isinstance(tree, CommitTree):
        return None
    more: dict[str, object] = {
        "contents": settings.contents,
        "network": settings.network,
        "secrets": sorted(settings.secrets),
    }
    if settings.context == "workspace":
        # What was generated there may come from any file.
        more["commit"] = _digest(f"{path} {e.mode} {e.object_id}" for path, e in tree.entries.items())
    return input_key(spec, tree, identify, platform, more)


def identity(images: KnownImages, resolve: Resolve) -> Identity:
    """What references mean: as the engine has them, else as their registry says."""

    def identify(reference: str) -> str | None:
        known = images.find(reference)
        return known.info.id if known is not None else resolve(reference)

    return identify


def _is_scanned(settings: Settings, connection: Connection) -> bool:
    """Whether a scanner is going to look into both images."""
    scanner = scanner_named(settings.scanner, connection)
    return scanner is not None and (settings.scanner_image is not None or scanner.path(connection) is not None)


def known_bases(read: ReadChange, settings: Settings, resolve: Resolve) -> tuple[KnownBases | None, list[Notice]]:
    """What the baseline's file says, where the settings name one; why it is not used is a notice."""
    if settings.baseline is None:
        return None, []
    try:
        baseline = read_baseline(baseline_place(settings.baseline, read.repository.root, read.change.head_tree))
    except BaselineProblem as problem:
        return None, [Notice(f"The baseline {settings.baseline} was not used: {problem}.")]
    return (KnownBases(baseline, settings, resolve), []) if baseline is not None else (None, [])


def baseline_place(written: str, root: Path, head: Tree) -> Path:
    """Where the baseline is, for a path from the repository's root. Raises BaselineProblem for one that the head brings:
    what a pull request commits is nothing that a trusted run left there.
    """
    if posixpath.isabs(written):
        return Path(written)
    name = posixpath.normpath(written)
    parts = name.split("/")
    if ".." in parts:
        raise BaselineProblem("it lies outside of the repository")
    ways = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    if head.size(name) is not None or any(head.is_link(way) for way in ways):
        raise BaselineProblem("it is a file of the commit that is reviewed; only a run's own file counts")
    if any((root / way).is_symlink() for way in ways):
        raise BaselineProblem("a link is in its place")
    return root / name


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
