"""What is to be built: a Dockerfile, its context, and what it may call by names of its own."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct


class ImageSpec(Struct, frozen=True):
    """One image to build: a Dockerfile of the tree, its context folder, and the stage to stop at."""

    name: str
    dockerfile: str
    context: str
    """Folder relative to the repository's root; ``""`` is the root."""
    target: str | None = None
    args: tuple[tuple[str, str], ...] = ()
    platform: str | None = None
    platforms: tuple[str, ...] = ()
    """Those that its definition names, where there are several; one build is for ``platform`` alone."""
    contexts: tuple[NamedContext, ...] = ()

    def dockerfiles(self) -> Iterator[str]:
        """Its Dockerfile, and those of the images of the repository that it is built from."""
        yield self.dockerfile
        for context in self.contexts:
            if context.image is not None:
                yield from context.image.dockerfiles()


class NamedContext(Struct, frozen=True):
    """What a Dockerfile may call by a name that its own stages do not have: ``FROM name``, ``COPY --from=name``.

    It is another ``image`` of the repository, a ``folder`` of it, or an external image's ``reference``: one of them.
    """

    name: str
    image: ImageSpec | None = None
    folder: str | None = None
    reference: str | None = None
