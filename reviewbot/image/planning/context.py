"""The folder a Dockerfile is built in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property

from reviewbot.change.model import Tree
from reviewbot.facts import Facts
from reviewbot.image.planning.compose_build import compose_builds
from reviewbot.settings import Settings
from reviewbot.source.dockerfile import Dockerfile, Instruction

_MOST_SOURCES = 1_000


class Places:
    """Which files and folders a tree has."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @cached_property
    def _known(self) -> frozenset[str]:
        known = {""}
        for path in self._tree.paths():
            while path not in known:
                known.add(path)
                path = posixpath.dirname(path)
        return frozenset(known)

    def __contains__(self, path: str) -> bool:
        return path in self._known


def build_contexts(facts: Facts, settings: Settings) -> Mapping[str, str]:
    """The context of every Dockerfile: as configured, as a Compose file says, else the folder with what it copies.

    That is its own folder, else the repository's root, else the nearest folder between them, in which all sources of
    its COPY instructions exist; its own where there is none. ``""`` is the root.
    """
    contexts: dict[str, str] = {}
    for image in settings.images:
        if image.context is not None:
            contexts.setdefault(image.dockerfile, normalized(image.context))
    # Without Dockerfiles nobody asks, and to put all projects of a repository together takes its time.
    for project in facts.projects() if facts.dockerfiles else ():
        for spec in compose_builds(project, facts.tree.read)[0]:
            contexts.setdefault(spec.dockerfile, spec.context)
    places = Places(facts.tree)
    for path, dockerfile in facts.dockerfiles.items():
        if path not in contexts:
            contexts[path] = find_context(dockerfile, places)
    return contexts


def find_context(dockerfile: Dockerfile, places: Places) -> str:
    """The context that a Dockerfile's own text tells."""
    own = posixpath.dirname(dockerfile.path)
    sources = list(_sources(dockerfile))
    for folder in _candidates(own):
        if all(posixpath.normpath(posixpath.join(folder, source)).removeprefix(".") in places for source in sources):
            return folder
    return own


def normalized(folder: str) -> str:
    """A configured folder as paths of the tree are written."""
    return posixpath.normpath(posixpath.join("/", folder)).lstrip("/")


def _candidates(own: str) -> Iterator[str]:
    yield own
    if own:
        yield ""
    folder = posixpath.dirname(own)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _sources(dockerfile: Dockerfile) -> Iterator[str]:
    """Paths that the context must have, relative to it: of a pattern the folder before its first wildcard."""
    found = 0
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            for source in context_sources(instruction):
                value = dockerfile.expand(source, instruction)
                if value is None or "://" in value or value.startswith("git@"):
                    continue
                found += 1
                if found > _MOST_SOURCES:
                    return
                literal = value
                for wildcard in "*?[":
                    literal = literal.partition(wildcard)[0]
                if literal != value:
                    literal = posixpath.dirname(literal)
                # Docker keeps a path inside the context, whatever its `..` say.
                yield posixpath.normpath(posixpath.join("/", literal)).lstrip("/")


def context_sources(instruction: Instruction) -> Iterator[str]:
    """What an instruction takes from the build context, as written: sources of COPY and ADD, and of bind mounts."""
    if instruction.keyword in ("COPY", "ADD") and instruction.flag("from") is None:
        yield from (word.value for word in instruction.sources)
    for mount in instruction.flags_named("mount") if instruction.keyword == "RUN" else ():
        options = dict(_option(option) for option in (mount.value or "").split(","))
        if options.get("type", "bind") == "bind" and "from" not in options:
            source = options.get("source") or options.get("src")
            if source:
                yield source


def _option(option: str) -> tuple[str, str]:
    name, _, value = option.partition("=")
    return name.strip().lower(), value.strip()
