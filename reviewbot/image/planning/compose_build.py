"""What Compose services build: the ``build:`` section as an image to measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reviewbot.finding import Notice
from reviewbot.image.build.linking import Definition, Linker, LinkProblem, ReadDockerfile
from reviewbot.image.model.spec import ImageSpec, NamedContext
from reviewbot.image.planning.tree_paths import OutsideTree, tree_path
from reviewbot.source.compose_project.project import Project
from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Text
from reviewbot.source.yaml_nodes import Node

RESERVED = "BUILDKIT_"
"""Arguments of this prefix steer the builder itself, up to which front end reads the Dockerfile."""

_SERVICE, _IMAGE = "service:", "docker-image://"


class _Refused(Exception):
    """Why a service's image is not built, and where that is written."""

    def __init__(self, reason: str, node: Node) -> None:
        super().__init__(reason)
        self.node = node


def compose_builds(
    project: Project, read: Callable[[str], Text | None], dockerfile: ReadDockerfile | None = None
) -> tuple[tuple[ImageSpec, ...], tuple[Notice, ...]]:
    """The images that a project's services build, and a notice for each that cannot be built from this tree alone.

    All that Compose knows of them counts: override files, ``extends``, ``include``, ``.env``. ``read`` gives the files
    that notices point into; with ``dockerfile`` it also counts which service's image another one is FROM.
    """
    definitions: dict[str, Definition] = {}
    refused: list[tuple[str, str, Node]] = []
    for name, service in project.services():
        build = service.get("build")
        if build is None or not build.is_mapping or (not project.is_complete and not build.get("context")):
            continue
        try:
            definitions[name] = _definition(name, service, build, project.folder)
        except _Refused as problem:
            refused.append((name, str(problem), problem.node))
    linker = Linker(definitions, _tags(project), dockerfile)
    specs: list[ImageSpec] = []
    for name in definitions:
        try:
            specs.append(linker.image(name))
        except LinkProblem as problem:
            refused.append((name, str(problem), project.root.get("services", name, "build") or project.root))
    return tuple(specs), tuple(_notice(*each, read) for each in refused)


def _notice(name: str, reason: str, node: Node, read: Callable[[str], Text | None]) -> Notice:
    text = read(node.path)
    line = text.position(node.span.start)[0] if text else None
    return Notice(f"The image of service {name!r} was not built: {reason}.", node.path, line)


def _tags(project: Project) -> dict[str, str]:
    """The names of services that build an image, by the reference that ``image:`` gives it."""
    tags: dict[str, str] = {}
    for name, service in project.services():
        written = service.get("image")
        tag = interpolate(written.scalar) if written is not None and written.scalar else None
        if tag and service.get("build") is not None:
            tags.setdefault(tag, name)
    return tags


def _definition(name: str, service: Node, build: Node, folder: str) -> Definition:
    context_node = build.get("context")
    context = _folder(folder, _text(context_node) or ".", context_node or build)
    inline = build.get("dockerfile_inline")
    if inline is not None:
        raise _Refused("its Dockerfile is written inside the Compose file", inline)
    for key in ("entitlements", "privileged"):
        node = build.get(key)
        if node is not None and node.value not in (None, False, ()) and node.value != {}:
            raise _Refused(f"`{key}` is not granted to builds here", node)
    written = build.get("dockerfile")
    dockerfile = _folder(context, _text(written) or "Dockerfile", written or build)
    platform, platforms = _platforms(service, build)
    contexts, links = _contexts(build, folder)
    spec = ImageSpec(
        name=name,
        dockerfile=dockerfile,
        context=context,
        target=_text(build.get("target")),
        args=tuple(_arguments(build)),
        platform=platform,
        platforms=platforms,
        contexts=contexts,
    )
    return Definition(spec, links)


def _contexts(build: Node, folder: str) -> tuple[tuple[NamedContext, ...], tuple[tuple[str, str], ...]]:
    """``additional_contexts``: folders of the repository and external images; and those that are other services."""
    contexts: list[NamedContext] = []
    links: list[tuple[str, str]] = []
    node = build.get("additional_contexts")
    for name, entry in node.items() if node else ():
        written = _text(entry.value) or "."
        if written.startswith(_SERVICE):
            links.append((name, written.removeprefix(_SERVICE)))
        elif written.startswith(_IMAGE):
            contexts.append(NamedContext(name, reference=written.removeprefix(_IMAGE)))
        else:
            contexts.append(NamedContext(name, folder=_folder(folder, written, entry.value)))
    return tuple(contexts), tuple(links)


def _text(node: Node | None) -> str | None:
    """A value with its variables' defaults; this machine's environment does not count."""
    if node is None or node.scalar is None:
        return None
    value = interpolate(node.scalar)
    if value is None:
        raise _Refused(f"`{node.scalar}` depends on a variable without default", node)
    return value or None


def _folder(folder: str, path: str, node: Node) -> str:
    """A path relative to the repository's root."""
    try:
        return tree_path(folder, path)
    except OutsideTree as problem:
        raise _Refused(str(problem), node) from None


def _arguments(build: Node) -> Iterator[tuple[str, str]]:
    """Build arguments with a value; one that is passed through from the environment keeps the Dockerfile's default."""
    args = build.get("args")
    for name, entry in args.items() if args else ():
        written = entry.value.scalar
        value = None if written is None else interpolate(written)
        if value is not None and name and not name.upper().startswith(RESERVED):
            yield name, value


def _platforms(service: Node, build: Node) -> tuple[str | None, tuple[str, ...]]:
    """The platform to build for, where there is one alone, and all of them where there are several."""
    platforms = build.get("platforms")
    several = tuple(node.scalar for node in platforms.elements() if node.scalar) if platforms else ()
    if service.get("platform") is not None:
        return _text(service.get("platform")), ()
    return (several[0], ()) if len(several) == 1 else (None, several)
