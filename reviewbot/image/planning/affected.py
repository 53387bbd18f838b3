"""Whether a change has a say in how an image is built."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence, Set

from reviewbot.change.model import Tree
from reviewbot.image.build.linking import ReadDockerfile, dockerfiles_of, names_used
from reviewbot.image.build.local_context import ignore_of
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.planning.context import context_sources
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.ignore import IgnoreFile
from reviewbot.source.ignore_pattern import PathPattern

_WILDCARDS = frozenset("*?[")


class Affected:
    """Asks it of images of one version.

    ``changed`` are the paths that differ, of both sides. Its own files always count (the Dockerfile, its ignore file),
    and those of images that it is built from; with ``follow_copies`` also each file that its stages copy or mount.
    """

    def __init__(self, changed: Set[str], tree: Tree, follow_copies: bool = False) -> None:
        self._changed = changed
        self._tree = tree
        self._follow_copies = follow_copies
        self._dockerfile: ReadDockerfile = dockerfiles_of(tree)

    def __call__(self, spec: ImageSpec) -> bool:
        if self.itself(spec):
            return True
        if any(self(context.image) for context in spec.contexts if context.image is not None):
            return True
        return self._follow_copies and self._copies(spec)

    def itself(self, spec: ImageSpec) -> bool:
        """Whether its Dockerfile or its ignore file changed, whatever became of the images it is built from."""
        return not self._changed.isdisjoint(own_files(spec))

    def in_context(self, spec: ImageSpec) -> bool:
        """Whether any file of its context changed, copied or not."""
        return self(spec) or any(_below(path, spec.context) is not None for path in self._changed)

    def _copies(self, spec: ImageSpec) -> bool:
        dockerfile = self._dockerfile(spec.dockerfile)
        taken = Taken.by(spec, dockerfile, self._tree) if dockerfile else None
        return taken is not None and any(path in taken for path in self._changed)


class Taken:
    """The files of a version that an image is built from: sources of its stages' COPY, ADD and bind mounts.

    ``sources`` are relative to the context; None for one with a variable that nobody gives a value: it may be any file.
    """

    def __init__(
        self, context: str, sources: Sequence[str | None], ignore: IgnoreFile | None, folders: Sequence[str]
    ) -> None:
        self._context = context
        self._sources = sources
        self._ignore = ignore
        self._folders = folders

    @classmethod
    def by(cls, spec: ImageSpec, dockerfile: Dockerfile, tree: Tree) -> Taken | None:
        """None where its Dockerfile has no such stage."""
        target = dockerfile.stage_named(spec.target) if spec.target else dockerfile.final_stage
        if target is None:
            return None
        sources = [
            dockerfile.expand(source, instruction)
            for stage in dockerfile.reached_from(target)
            for instruction in stage.instructions
            for source in context_sources(instruction)
        ]
        used = names_used(dockerfile)
        folders = [each.folder for each in spec.contexts if each.folder is not None and each.name in used]
        return cls(spec.context, sources, ignore_of(spec, tree), folders)

    def __contains__(self, path: str) -> bool:
        if any(_below(path, folder) is not None for folder in self._folders):
            return True
        name = _below(path, self._context)
        if name is None or (self._ignore is not None and self._ignore.excludes(name)):
            return False
        return any(source is None or _takes(source, name) for source in self._sources)


def own_files(spec: ImageSpec) -> Iterator[str]:
    """The files that say how an image is built, there or not."""
    yield spec.dockerfile
    yield from ignore_files(spec)


def ignore_files(spec: ImageSpec) -> tuple[str, str]:
    """Where its ignore file may be; the first that is there counts."""
    return f"{spec.dockerfile}.dockerignore", posixpath.join(spec.context, ".dockerignore")


def _below(path: str, folder: str) -> str | None:
    """A path relative to a folder it lies in."""
    if not folder:
        return path
    return path[len(folder) + 1 :] if path.startswith(f"{folder}/") else None


def _takes(source: str, path: str) -> bool:
    """Whether a source of COPY (itself, or a folder or pattern that holds it) brings a file of the context."""
    if "://" in source or source.startswith("git@"):
        return False
    wanted = posixpath.normpath(posixpath.join("/", source)).lstrip("/")
    if not wanted or path == wanted or path.startswith(f"{wanted}/"):
        return True
    if _WILDCARDS.isdisjoint(wanted):
        return False
    depth = wanted.count("/") + 1
    return PathPattern(wanted).matches("/".join(path.split("/")[:depth]))
