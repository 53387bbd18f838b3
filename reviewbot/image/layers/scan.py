"""One pass over what ``docker save`` writes: every layer of the images that are looked at, each once."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec import Struct

from reviewbot.image.docker.engine import Connection
from reviewbot.image.docker.process import StreamProblem
from reviewbot.image.layers import tar
from reviewbot.image.layers.compressed import EXACT, Compressor, Gauge
from reviewbot.image.layers.layer import LayerContents, LayerReader, Room
from reviewbot.image.model.config import ImageInfo

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_LARGEST_DOCUMENT = 8_000_000
_BLOCK = 1 << 18
_MOST_LAYERS = 1_000


class ScanProblem(Exception):
    """Images whose layers could not be read: why, for a person."""


class Saved(Struct, frozen=True):
    """What an archive of images holds: its layers and its documents by the name they have in it."""

    layers: Mapping[str, LayerContents]
    documents: Mapping[str, bytes]
    links: Mapping[str, str]

    def image(self, reference: str, info: ImageInfo) -> tuple[LayerContents, ...]:
        """An image's layers, the lowest first. Raises ScanProblem when they are not all there."""
        digest = info.id.removeprefix("sha256:")
        configs = (f"blobs/sha256/{digest}", f"{digest}.json")
        listed = self.listed()
        fitting = [
            entry for entry in listed if entry.get("Config") in configs or reference in _strings(entry.get("RepoTags"))
        ] or (listed if len(listed) == 1 else [])
        names = fitting[0].get("Layers") if fitting else None
        if not isinstance(names, list) or len(names) != len(info.layers) or len(names) > _MOST_LAYERS:
            raise ScanProblem("the engine saved other layers than the image has")
        try:
            return tuple(self.layers[self.links.get(str(name), str(name))] for name in names)
        except KeyError:
            raise ScanProblem("the engine did not save all layers") from None

    def listed(self) -> list[dict[str, Any]]:
        """The archive's list of images. Raises ScanProblem."""
        try:
            manifest = json.loads(self.documents["manifest.json"])
        except (KeyError, ValueError, RecursionError):
            raise ScanProblem("the engine saved the image in a form that is not known") from None
        return [entry for entry in manifest if isinstance(entry, dict)] if isinstance(manifest, list) else []


def _strings(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def save(connection: Connection, references: Sequence[str], shallow: Collection[str], seconds: float) -> Saved:
    """Read images from the engine, layers that they share once.

    ``shallow`` are diff ids of layers whose files' contents are not looked at: the same in all that is compared.
    Raises ScanProblem.
    """
    known = {digest.removeprefix("sha256:") for digest in shallow}
    try:
        saved = []
        for together in connection.archives(references):
            with connection.saving(together, seconds) as blocks:
                saved.append(read_saved(blocks, known))
        return saved[0] if len(saved) == 1 else _joined(saved)
    except StreamProblem as problem:
        raise ScanProblem(str(problem)) from None
    except tar.TarProblem as problem:
        raise ScanProblem(f"what the engine saved cannot be read: {problem}") from None
    except OSError as problem:
        raise ScanProblem(f"docker does not start: {problem}") from None


def _joined(archives: Sequence[Saved]) -> Saved:
    """Several archives as one: layers and documents are named by their digests, but for the list of images."""
    listed = [entry for each in archives for entry in each.listed()]
    return Saved(
        {name: layer for each in archives for name, layer in each.layers.items()},
        {name: text for each in archives for name, text in each.documents.items()}
        | {"manifest.json": json.dumps(listed).encode()},
        {name: link for each in archives for name, link in each.links.items()},
    )


def read_saved(blocks: Iterator[bytes], shallow: Collection[str] = (), room: Room | None = None) -> Saved:
    """Read the archive that ``docker save`` writes. Raises TarProblem when it is none, or ends too early."""
    room = room or Room()
    layers: dict[str, LayerContents] = {}
    documents: dict[str, bytes] = {}
    links: dict[str, str] = {}
    gauges: dict[str, Gauge] = {}
    with Compressor() as compressor:
        for entry in tar.entries(tar.Source(blocks)):
            name = entry.path
            if entry.kind == tar.SYMLINK:
                links[name] = entry.link.removeprefix("../")
            if entry.kind != tar.FILE:
                continue
            head = entry.read(512)
            if head[:2] != _GZIP and head[:4] != _ZSTD and not tar.is_header(head):
                if entry.size <= _LARGEST_DOCUMENT:
                    documents[name] = head + entry.read(entry.left)
                continue
            reader = LayerReader(room, deep=not any(part in shallow for part in name.split("/")))
            content = chain((head,), _cut(entry.pieces()))
            if head[:4] == _ZSTD:
                reader.contents.problem = "a layer is compressed with zstd, which is not read"
            elif head[:2] == _GZIP:
                reader.contents.compressed, reader.contents.is_exact = entry.size, True
                _read(reader, _inflated(content))
            else:
                gauge = Gauge(entry.size, compressor, EXACT if reader.contents.is_deep else 0)
                _read(reader, gauge.through(content))
                gauges[name] = gauge
            layers[name] = reader.contents
        for _ in blocks:
            pass
        for name, gauge in gauges.items():
            layers[name].compressed, layers[name].is_exact = gauge.compressed(), gauge.is_exact
    return Saved(layers, documents, links)


def _cut(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces of no more than a block's length: so much is sampled, and waits to be."""
    for piece in pieces:
        if len(piece) <= _BLOCK:
            yield piece
        else:
            yield from (piece[at : at + _BLOCK] for at in range(0, len(piece), _BLOCK))


def _read(reader: LayerReader, blocks: Iterator[bytes]) -> None:
    try:
        reader.read(tar.entries(tar.Source(blocks)))
    except tar.TarProblem as problem:
        reader.contents.problem = f"a layer cannot be read: {problem}"
    for _ in blocks:
        pass


def _inflated(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip made of a stream, in blocks of bounded length."""
    engine = zlib.decompressobj(31)
    try:
        for block in blocks:
            while block:
                data = engine.decompress(block, _BLOCK)
                block = engine.unconsumed_tail
                if data:
                    yield data
                if engine.eof:
                    return
    except zlib.error:
        raise tar.TarProblem("it is not compressed as it says") from None
