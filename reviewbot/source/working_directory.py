"""The folder that relative paths of a Dockerfile start from."""

from __future__ import annotations

import bisect
import posixpath

from msgspec import Struct

from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_ROOT = frozenset(
    {
        "almalinux", "alpine", "amazoncorretto", "amazonlinux", "archlinux", "buildpack-deps", "busybox", "centos",
        "debian", "eclipse-temurin", "fedora", "gcc", "maven", "nginx", "node", "openjdk", "oraclelinux", "perl",
        "pypy", "python", "rockylinux", "ruby", "rust", "scratch", "ubuntu",
    }
)  # fmt: skip
"""Official images that set no WORKDIR."""

_OTHERS = {
    "composer": "/app",
    "golang": "/go",
    "gradle": "/home/gradle",
    "httpd": "/usr/local/apache2",
    "php": "/var/www/html",
    "tomcat": "/usr/local/tomcat",
    "wordpress": "/var/www/html",
}

_LONGEST = 4096
"""Characters of a path, for Linux."""


def known_working_directory(image_name: str) -> str | None:
    """The WORKDIR of a public image by its familiar name; None where it is not commonly known."""
    return "/" if image_name in _ROOT else _OTHERS.get(image_name)


def working_directories(stage: Stage) -> tuple[Instruction, ...]:
    """The WORKDIRs of a stage, oldest first: those of the stages it is built from, then its own."""
    return tuple(i for each in stage.lineage for i in each.all("WORKDIR"))


def working_directory(dockerfile: Dockerfile, stage: Stage, before: int, base: str | None) -> str | None:
    """The folder as of an offset within a stage, starting from the ``base`` image's; None where it is not known."""
    folders = _folders(dockerfile, stage, base)
    return folders.paths[bisect.bisect_left(folders.offsets, before)]


class _Folders(Struct, frozen=True):
    """A stage's folders: the one it begins in, and behind each of its WORKDIRs, which stand at ``offsets``, the next."""

    offsets: tuple[int, ...]
    paths: tuple[str | None, ...]


def _folders(dockerfile: Dockerfile, stage: Stage, base: str | None) -> _Folders:
    """Worked out once for each stage, from the oldest that it is built from."""
    known = dockerfile.memory.setdefault(("folders", base), {})
    chain = [stage]
    while chain[-1].index not in known and chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    for each in reversed(chain):
        if each.index in known:
            continue
        current = known[each.parent.index].paths[-1] if each.parent is not None else base
        own = each.all("WORKDIR")
        paths = [current]
        for instruction in own:
            current = _next(current, dockerfile.expand(instruction.words[0].value, instruction))
            paths.append(current)
        known[each.index] = _Folders(tuple(i.span.start for i in own), tuple(paths))
    found: _Folders = known[stage.index]
    return found


def _next(current: str | None, value: str | None) -> str | None:
    if value is None or len(value) + len(current or "") > _LONGEST:
        return None
    if value.startswith("/"):
        return posixpath.normpath(value)
    return posixpath.normpath(posixpath.join(current, value)) if current is not None else None


def is_relative(path: str) -> bool:
    """Whether a path of a Unix image hangs on the working directory, for all that can be seen.

    False for variables, templates, and the drives and back slashes of Windows.
    """
    return not path.startswith(("/", "\\", "$", "{", "<", "@", "%", "~")) and path[1:2] != ":"
