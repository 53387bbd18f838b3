"""What Compose services build: the ``build:`` section as an image to measure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from reviewbot.finding import Notice
from reviewbot.image.model import ImageSpec
from reviewbot.source.compose_project.project import Project
from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Text
from reviewbot.source.yaml_nodes import Node

_RESERVED = "BUILDKIT_"
"""Arguments of this prefix steer the builder itself, up to which front end reads the Dockerfile."""


class _Refused(Exception):
    """Why a service's image is not built, and where that is written."""

    def __init__(self, reason: str, node: Node) -> None:
        super().__init__(reason)
        self.node = node


def compose_builds(
    project: Project, read: Callable[[str], Text | None]
) -> tuple[tuple[ImageSpec, ...], tuple[Notice, ...]]:
    """The images that a project's services build, and a notice for each that cannot be built from this tree alone.

    All that Compose knows of them counts: override files, ``extends``, ``include``, ``.env``. ``read`` gives the files
    that notices point into.
    """
    specs: list[ImageSpec] = []
    notices: list[Notice] = []
    for name, service in project.services():
        build = service.get("build")
        if build is None or not build.is_mapping or (not project.is_complete and not build.get("context")):
            continue
        try:
            specs.append(_spec(name, service, build, project.folder))
        except _Refused as refused:
            text = read(refused.node.path)
            line = text.position(refused.node.span.start)[0] if text else None
            message = f"The image of service {name!r} was not built: {refused}."
            notices.append(Notice(message, refused.node.path, line))
    return tuple(specs), tuple(notices)


def _spec(name: str, service: Node, build: Node, folder: str) -> ImageSpec:
    context_node = build.get("context")
    context = _folder(folder, _text(context_node) or ".", context_node or build)
    inline = build.get("dockerfile_inline")
    if inline is not None:
        raise _Refused("its Dockerfile is written inside the Compose file", inline)
    for key in ("additional_contexts", "entitlements", "privileged"):
        node = build.get(key)
        if node is not None and node.value not in (None, False, ()) and node.value != {}:
            raise _Refused(f"`{key}` is not granted to builds here", node)
    written = build.get("dockerfile")
    dockerfile = _folder(context, _text(written) or "Dockerfile", written or build)
    return ImageSpec(
        name=name,
        dockerfile=dockerfile,
        context=context,
        target=_text(build.get("target")),
        args=tuple(_arguments(build)),
        platform=_platform(service, build),
    )


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
    if "://" in path or path.startswith(("git@", "github.com/")):
        raise _Refused("its context is not in this repository, and remote contexts are not fetched", node)
    joined = posixpath.normpath(posixpath.join(folder, path))
    if posixpath.isabs(joined) or joined == ".." or joined.startswith("../") or path.startswith("~"):
        raise _Refused(f"{path!r} lies outside of this repository", node)
    return "" if joined == "." else joined


def _arguments(build: Node) -> Iterator[tuple[str, str]]:
    """Build arguments with a value; one that is passed through from the environment keeps the Dockerfile's default."""
    args = build.get("args")
    for name, entry in args.items() if args else ():
        written = entry.value.scalar
        value = None if written is None else interpolate(written)
        if value is not None and name and not name.upper().startswith(_RESERVED):
            yield name, value


def _platform(service: Node, build: Node) -> str | None:
    """The platform to build for, where there is one alone."""
    platforms = build.get("platforms")
    several = [node.scalar for node in platforms.elements() if node.scalar] if platforms else []
    if service.get("platform") is not None:
        return _text(service.get("platform"))
    return several[0] if len(several) == 1 else None
