"""What docker and tar say of an image, asked without any of the code under test."""

from __future__ import annotations

import io
import json
import posixpath
import subprocess
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reviewbot.image.docker.engine import Connection


@dataclass(frozen=True)
class ByHand:
    """An image: its size, the sizes of its history's entries (oldest first), and bytes written and visible."""

    size: int
    history: tuple[int, ...]
    written: int
    visible: int


def docker(connection: Connection, *arguments: str) -> bytes:
    done = subprocess.run([connection.docker, *arguments], env=dict(connection.environment), capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def built(connection: Connection, folder: Path, files: Mapping[str, str | bytes]) -> Iterator[str]:
    """An image of these files, removed again."""
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    tag = f"reviewbot-test-{uuid.uuid4().hex}"
    docker(connection, "buildx", "build", "--load", "--network=none", f"--tag={tag}", str(folder))
    try:
        yield tag
    finally:
        docker(connection, "image", "rm", tag)


def measured_by_hand(connection: Connection, image: str) -> ByHand:
    (inspected,) = json.loads(docker(connection, "image", "inspect", image))
    history = docker(connection, "history", "--human=false", "--no-trunc", "--format={{.Size}}", image)
    written, visible = unpacked(docker(connection, "image", "save", image))
    return ByHand(inspected["Size"], tuple(map(int, history.split()))[::-1], written, visible)


def unpacked(saved: bytes) -> tuple[int, int]:
    """Bytes in all layers and those left when they are unpacked one over the other, counted by Python's tarfile."""
    with tarfile.open(fileobj=io.BytesIO(saved)) as outer:
        (manifest,) = json.load(outer.extractfile("manifest.json"))
        layers = [outer.extractfile(name).read() for name in manifest["Layers"]]
    files: dict[str, list[int]] = {}
    written = 0
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            members = list(tar)
        for member in members:
            member.name, member.linkname = (posixpath.normpath(name) for name in (member.name, member.linkname))
        for member in members:
            folder, name = posixpath.split(member.name)
            if name.startswith(".wh."):
                gone = folder if name == ".wh..wh..opq" else posixpath.join(folder, name[4:])
                for path in [p for p in files if p.startswith(f"{gone}/") or (p == gone and name != ".wh..wh..opq")]:
                    del files[path]
        for member in members:
            if member.isdir() or posixpath.basename(member.name).startswith(".wh."):
                continue
            written += member.size
            files[member.name] = files[member.linkname] if member.islnk() else [member.size]
    return written, sum({id(size): size[0] for size in files.values()}.values())
