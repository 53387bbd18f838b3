"""Layers made by hand, as the engine writes them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from reviewbot.image.layers.contents import put_together
from reviewbot.image.layers.layer import LayerContents, LayerReader, Room
from reviewbot.image.layers.tar import Source, entries
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.contents import ImageContents
from reviewbot.image.model.step import Step

File = bytes | str | None | tuple[bytes, int]
"""Content; ``None`` is a folder, a str the target of a symbolic link (``=target``: of a hard one), a pair content and
mode."""


def archive(files: Mapping[str, File]) -> bytes:
    """A layer with these entries, in order."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.mode = 0o644
            data = b""
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, str):
                info.type = tarfile.LNKTYPE if content.startswith("=") else tarfile.SYMTYPE
                info.linkname = content.removeprefix("=")
            else:
                data, info.mode = content if isinstance(content, tuple) else (content, 0o644)
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return written.getvalue()


def layer(files: Mapping[str, File], deep: bool = True) -> LayerContents:
    reader = LayerReader(Room(), deep)
    reader.read(entries(Source(iter([archive(files)]))))
    return reader.contents


def image(
    *layers: Mapping[str, File], config: ImageConfig | None = None, platform: str = "linux/amd64"
) -> ImageContents:
    """The contents of an image of these layers; the step of layer n (from 1) is on line n."""
    steps = [Step(f"RUN {n}", n) for n in range(1, len(layers) + 1)]
    return put_together([layer(files) for files in layers], steps, config or ImageConfig(), platform)


def saved(*images: Sequence[bytes]) -> bytes:
    """What ``docker save`` writes for images of these layers, tagged ``image:0`` and so on."""
    blobs: dict[str, bytes] = {}
    manifest = []
    for n, layers in enumerate(images):
        names = []
        for content in layers:
            names.append(f"blobs/sha256/{sha256(content).hexdigest()}")
            blobs[names[-1]] = content
        config = json.dumps({"rootfs": {"diff_ids": names}}).encode()
        blobs[f"blobs/sha256/{sha256(config).hexdigest()}"] = config
        manifest.append(
            {
                "Config": f"blobs/sha256/{sha256(config).hexdigest()}",
                "RepoTags": [f"image:{n}"],
                "Layers": names,
            }
        )
    return archive({**dict(sorted(blobs.items())), "manifest.json": json.dumps(manifest).encode()})


def in_pieces(data: bytes, length: int) -> Iterator[bytes]:
    return (data[at : at + length] for at in range(0, len(data), length))
