"""A builder without an engine: what it builds is written to files here, and looked at there.

In a cluster a runner often has BuildKit (a pod, or a daemon behind an address) and no Docker Engine. The images then
come as the archives that ``docker save`` would write, which is all that measuring needs. Nothing can be started of them.
"""

from __future__ import annotations

import json
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from reviewbot.image.docker.docker_command import EngineProblem, EngineUnavailable
from reviewbot.image.docker.engine import BuildRequest, BuildResult, Connection, Engine, image_info
from reviewbot.image.docker.unpack import unpack
from reviewbot.image.layers import tar
from reviewbot.image.model.config import HistoryEntry, ImageInfo

_BLOCK = 1 << 18
_LARGEST_DOCUMENT = 8_000_000
_MOST_LAYERS = 1_000


class Shelf(Connection, frozen=True):
    """Archives of images in a folder, by the references that builds gave them."""

    folder: Path = Path()

    @property
    def starts_containers(self) -> bool:
        return False

    def build(self, request: BuildRequest, on_line: Callable[[str], None] | None = None) -> BuildResult:
        reference = secrets.token_hex(8)
        archive = self._archive(reference)
        command = [
            *(self.docker, "buildx", "build", "--progress=plain"),
            f"--output=type=docker,dest={archive},compression=uncompressed,force-compression=true",
            *self.conditions_of(request),
            *self.arguments_of(request),
        ]
        return self.run_build(command, request, reference, on_line)

    def inspect(self, reference: str) -> ImageInfo | None:
        """An image that was built here; of all others nothing is known."""
        found = self._read(reference)
        if found is None:
            return None
        name, config, sizes = found
        described = {
            "Id": f"sha256:{Path(name).stem}",
            "Size": sum(sizes),
            "Os": config.get("os"),
            "Architecture": config.get("architecture"),
            "Variant": config.get("variant"),
            "Config": config.get("config"),
            "RootFS": {"Layers": (config.get("rootfs") or {}).get("diff_ids")},
        }
        return image_info(described)

    def history(self, reference: str) -> tuple[HistoryEntry, ...] | None:
        found = self._read(reference)
        if found is None:
            return None
        _, config, sizes = found
        left = iter(sizes)
        return tuple(
            HistoryEntry(str(step.get("created_by", "")), 0 if step.get("empty_layer") else next(left, 0))
            for step in config.get("history") or ()
        )

    def remove(self, reference: str) -> None:
        self._archive(reference).unlink(missing_ok=True)

    def save_layout(self, reference: str, folder: Path, seconds: float) -> str:
        """As of an engine: the archive is such a layout already."""
        folder.mkdir()
        try:
            unpack(self._archive(reference), folder)
            index = json.loads((folder / "index.json").read_bytes())
            return f"{folder}@{index['manifests'][0]['digest']}"
        except (OSError, ValueError, LookupError, tarfile.TarError) as problem:
            raise EngineProblem(f"an image could not be handed to the builder: {problem}") from None

    def archives(self, references: Sequence[str]) -> Sequence[Sequence[str]]:
        return [[reference] for reference in references]

    @contextmanager
    def saving(self, references: Sequence[str], seconds: float) -> Iterator[Iterator[bytes]]:
        (reference,) = references
        with self._archive(reference).open("rb") as file:
            yield iter(lambda: file.read(_BLOCK), b"")

    def _archive(self, reference: str) -> Path:
        # References of other images come from files that strangers wrote: none is a path.
        name = reference if len(reference) == 16 and set(reference) <= set("0123456789abcdef") else "none"
        return self.folder / f"{name}.tar"

    def _read(self, reference: str) -> tuple[str, Mapping[str, Any], list[int]] | None:
        """The name of an image's configuration, its content, and the bytes of the files of each layer."""
        if not self._archive(reference).exists():
            return None
        documents: dict[str, bytes] = {}
        sizes: dict[str, int] = {}
        try:
            with self.saving([reference], 0) as blocks:
                for entry in tar.entries(tar.Source(blocks)):
                    if entry.kind != tar.FILE:
                        continue
                    head = entry.read(512)
                    if tar.is_header(head):
                        sizes[entry.path] = _files_in(head, entry)
                    elif entry.size <= _LARGEST_DOCUMENT:
                        documents[entry.path] = head + entry.read(entry.left)
            (listed,) = json.loads(documents["manifest.json"])
            config = json.loads(documents[listed["Config"]])
            return listed["Config"], config, [sizes.get(name, 0) for name in listed["Layers"][:_MOST_LAYERS]]
        except (OSError, LookupError, TypeError, ValueError, tar.TarProblem) as problem:
            raise EngineProblem(f"what the builder wrote cannot be read: {problem}") from None


def _files_in(head: bytes, entry: tar.Entry) -> int:
    def blocks() -> Iterator[bytes]:
        yield head
        yield from entry.pieces()

    return sum(each.size for each in tar.entries(tar.Source(blocks())) if each.kind == tar.FILE)


@contextmanager
def workplace(engine: Engine, builder: str | None) -> Iterator[Connection]:
    """The engine; where none answers and another builder is named, a shelf for what that one builds.

    Raises EngineUnavailable.
    """
    with ExitStack() as kept:
        try:
            connection = kept.enter_context(engine.connect())
        except EngineUnavailable:
            if builder is None:
                raise
            connection = kept.enter_context(_shelf(kept.enter_context(engine.connect(needs_engine=False))))
        yield connection


@contextmanager
def _shelf(connection: Connection) -> Iterator[Shelf]:
    folder = Path(tempfile.mkdtemp(prefix="reviewbot-images-"))
    try:
        yield Shelf(
            docker=connection.docker,
            host=connection.host,
            platform=connection.platform,
            version=connection.version,
            buildx_version=connection.buildx_version,
            environment=connection.environment,
            data_folder=folder,
            builders=connection.builders,
            folder=folder,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
