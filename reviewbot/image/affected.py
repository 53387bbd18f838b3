"""Whether a change has a say in how an image is built."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Set

from reviewbot.change.model import Tree
from reviewbot.image.context import context_sources
from reviewbot.image.linking import ReadDockerfile, dockerfiles_of, names_used
from reviewbot.image.model import ImageSpec, NamedContext
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.ignore import IgnoreFile, parse_ignore
from reviewbot.source.ignore_pattern import PathPattern
from reviewbot.source.problem import SourceProblem

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
        if not self._changed.isdisjoint(own_files(spec)):
            return True
        if any(self(context.image) for context in spec.contexts if context.image is not None):
            return True
        return self._follow_copies and self._copies(spec)

    def in_context(self, spec: ImageSpec) -> bool:
        """Whether any file of its context changed, copied or not."""
        return self(spec) or any(_below(path, spec.context) is not None for path in self._changed)

    def _copies(self, spec: ImageSpec) -> bool:
        dockerfile = self._dockerfile(spec.dockerfile)
        target = dockerfile and (dockerfile.stage_named(spec.target) if spec.target else dockerfile.final_stage)
        if dockerfile is None or not target:
            return False
        if any(self._in_folder(context, dockerfile) for context in spec.contexts):
            return True
        ignore = self._ignore(spec)
        inside = [name for path in self._changed if (name := _below(path, spec.context)) is not None]
        sent = [name for name in inside if ignore is None or not ignore.excludes(name)]
        if not sent:
            return False
        stages = dockerfile.reached_from(target)
        sources = [
            dockerfile.expand(source, instruction)
            for stage in stages
            for instruction in stage.instructions
            for source in context_sources(instruction)
        ]
        # A source with a variable that nobody gives a value may be any of them.
        return any(source is None or any(_takes(source, name) for name in sent) for source in sources)

    def _in_folder(self, context: NamedContext, dockerfile: Dockerfile) -> bool:
        if context.folder is None or context.name not in names_used(dockerfile):
            return False
        return any(_below(path, context.folder) is not None for path in self._changed)

    def _ignore(self, spec: ImageSpec) -> IgnoreFile | None:
        for path in ignore_files(spec):
            text = self._tree.read(path)
            if text is not None:
                try:
                    return parse_ignore(text)
                except SourceProblem:
                    return None
        return None


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
