"""A build's named contexts, in place before it begins: folders written out, images of the repository built."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from reviewbot.image.build.building import Built, Conditions, Unbuilt, Version
from reviewbot.image.docker.engine import Connection, EngineProblem
from reviewbot.image.model.spec import ImageSpec, NamedContext


class Links:
    """What a build's named contexts are: folders written out, and images of the repository, built before."""

    def __init__(
        self,
        connection: Connection,
        contexts: Sequence[NamedContext],
        version: Version,
        conditions: Conditions,
        build: Callable[[ImageSpec], Built | Unbuilt],
    ) -> None:
        self._connection = connection
        self._build = build
        self._contexts = contexts
        self._version = version
        self._conditions = conditions
        self.arguments: list[tuple[str, str]] = []
        """Names and what they stand for, as the builder takes them."""
        self.named: dict[str, str] = {}
        self.references: list[str] = []

    def prepare(self, scratch: Path) -> Unbuilt | None:
        """Have everything in place; gives the first image that was not built. Raises GitProblem and OSError."""
        for n, context in enumerate(self._contexts):
            if context.folder is not None:
                place = write_context(
                    context.folder, self._version, scratch / f"named-{n}", self._conditions.max_context
                )
                self.arguments.append((context.name, str(place)))
                continue
            failed = self._image(context, scratch / f"named-{n}")
            if failed is not None:
                self.remove()
                return failed
        return None

    def _image(self, context: NamedContext, place: Path) -> Unbuilt | None:
        reference = context.reference
        stands_for = f"docker-image://{reference}"
        if context.image is not None:
            built = self._build(context.image)
            if isinstance(built, Unbuilt):
                reason = f"{context.image.name}, which it is built from, does not build: {built.reason}"
                return replace(built, reason=reason)
            self.references += built.references
            reference = built.image
            stands_for = f"docker-image://{reference}"
            if not self._connection.builders.shares_images(self._conditions.means.builder):
                layout = self._connection.save_layout(reference, place, self._conditions.deadline - time.monotonic())
                stands_for = f"oci-layout://{layout}"
        if reference is not None:
            self.arguments.append((context.name, stands_for))
            self.named[context.name] = reference
        return None

    def remove(self) -> None:
        for reference in self.references:
            with suppress(EngineProblem):
                self._connection.remove(reference)
        self.references.clear()


def write_context(folder: str, version: Version, place: Path, max_bytes: int) -> Path:
    """A folder of a version as a build context on this machine. Raises GitProblem and OSError."""
    place.mkdir()
    version.export(folder, place, max_bytes)
    return place
