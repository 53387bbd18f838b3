"""Images of the repository that are built from one another: by a definition's word, or FROM the tag that another one gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.change.model import Tree
from reviewbot.image.model.spec import ImageSpec, NamedContext
from reviewbot.source.dockerfile import Dockerfile, parse_dockerfile
from reviewbot.source.problem import SourceProblem
from reviewbot.source.reference import parse_reference

_MOST_IMAGES = 16
"""Images that one image may be built from, over all steps."""

ReadDockerfile = Callable[[str], Dockerfile | None]


class LinkProblem(Exception):
    """Why an image cannot be built from the others: a sentence's end, for a person."""


class Definition(Struct, frozen=True):
    """One image as a file defines it. ``links`` are its named contexts that are other definitions, by name."""

    spec: ImageSpec
    links: tuple[tuple[str, str], ...] = ()


class Linker(Struct, frozen=True, dict=True):
    """Puts definitions together.

    ``tags`` has the name of a definition by the reference that its image gets; ``read`` gives the Dockerfiles in which
    those are looked for: without it only what the definitions say themselves counts.
    """

    definitions: Mapping[str, Definition]
    tags: Mapping[str, str] = field(default_factory=dict)
    read: ReadDockerfile | None = None

    @cached_property
    def _by_reference(self) -> dict[str, str]:
        return {key: name for tag, name in self.tags.items() if (key := _key(tag))}

    def image(self, name: str) -> ImageSpec:
        """A definition's image, with those it is built from. Raises LinkProblem."""
        return _Linking(self).image(name, ())

    def named_in(self, spec: ImageSpec) -> Iterator[tuple[str, str]]:
        """References in an image's Dockerfile that are the tag of another definition, and that one's name."""
        dockerfile = self.read(spec.dockerfile) if self.read is not None and self._by_reference else None
        for reference in _references(dockerfile) if dockerfile else ():
            name = self._by_reference.get(_key(reference) or "")
            if name is not None:
                yield reference, name


class _Linking:
    """One image being put together; what it is built from is counted, however it is reached."""

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self._count = 0

    def image(self, name: str, above: tuple[str, ...]) -> ImageSpec:
        definition = self._linker.definitions.get(name)
        if definition is None:
            raise LinkProblem(f"it is built from {name!r}, which is not built here")
        if name in above:
            raise LinkProblem(f"{name!r} is built from itself")
        self._count += 1
        if self._count > _MOST_IMAGES:
            raise LinkProblem(f"it is built from more than {_MOST_IMAGES} other images")
        spec = definition.spec
        linked = [NamedContext(alias, image=self.image(other, (*above, name))) for alias, other in definition.links]
        known = {context.name for context in (*spec.contexts, *linked)}
        for reference, other in self._linker.named_in(spec):
            # What is FROM its own tag means the one that was published before.
            if reference not in known and other not in (*above, name) and other in self._linker.definitions:
                known.add(reference)
                linked.append(NamedContext(reference, image=self.image(other, (*above, name))))
        return replace(spec, contexts=(*spec.contexts, *linked)) if linked else spec


def dockerfiles_of(tree: Tree) -> ReadDockerfile:
    """Reads Dockerfiles of a version, each once; None for one that is missing or does not parse."""
    known: dict[str, Dockerfile | None] = {}

    def read(path: str) -> Dockerfile | None:
        if path not in known:
            text = tree.read(path)
            try:
                known[path] = parse_dockerfile(text) if text is not None else None
            except SourceProblem:
                known[path] = None
        return known[path]

    return read


def names_used(dockerfile: Dockerfile) -> frozenset[str]:
    """All names that FROM, ``COPY --from`` and mounts of a Dockerfile use, as written and with variables resolved."""
    written = [name for stage in dockerfile.stages for name in (stage.base, *stage.sources_named)]
    return frozenset((*written, *_references(dockerfile)))


def _references(dockerfile: Dockerfile) -> Iterator[str]:
    """The external images that a Dockerfile names."""
    for stage in dockerfile.stages:
        if stage.parent is None and (base := dockerfile.base_image(stage)):
            yield base
        for name in stage.sources_named:
            if dockerfile.stage_named(name) is None:
                yield name


def _key(reference: str) -> str | None:
    """What two references to the same tag have in common; None for what is pinned by digest, or no reference."""
    parsed = parse_reference(reference)
    if parsed is None or parsed.digest is not None:
        return None
    return f"{parsed.familiar_name}:{parsed.tag or 'latest'}"
