"""Which Compose files are used together."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from reviewbot.source.compose_project.paths import is_remote, resolved
from reviewbot.source.yaml_nodes import Node

BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""What Compose reads where no file is named, first match wins."""
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""What it lays over that."""

FileSet = tuple[str, ...]


def file_sets(
    roots: Mapping[str, Node],
    configured: Sequence[FileSet] = (),
    named: Callable[[str], str | None] = lambda folder: None,
) -> tuple[FileSet, ...]:
    """The sets of files that are projects, by their first file: those configured, then those of each folder.

    ``roots`` are the Compose files there are; ``named`` gives the ``COMPOSE_FILE`` of a folder's ``.env``. A file that
    makes no sense by itself, because a service of it has nothing to run, is laid over its folder's own file. One that
    others include or extend is part of their projects, and none of its own unless Compose finds it by its name.
    """
    links = {path: named_files(path, root) for path, root in roots.items()}
    brought = {name for path, names in links.items() for name in names if name != path}
    sets = [files for files in configured if files and all(path in roots for path in files)]
    taken = {path for files in sets for path in files}
    folders: dict[str, list[str]] = defaultdict(list)
    for path in roots:
        folders[posixpath.dirname(path)].append(path)
    for folder, paths in folders.items():
        sets += _of_folder(folder, paths, roots, taken, named(folder), brought)
    reached = reached_from({path for files in sets for path in files}, links)
    # Files that only name each other in a circle.
    sets += [(path,) for path in roots if path not in reached and path not in taken]
    return tuple(dict.fromkeys(sets))


def reached_from(paths: Iterable[str], links: Mapping[str, frozenset[str]]) -> set[str]:
    """These files, and all that they include or extend, directly or not."""
    reached: set[str] = set()
    pending = list(paths)
    while pending:
        path = pending.pop()
        if path not in reached:
            reached.add(path)
            pending.extend(links.get(path, ()))
    return reached


def stands_alone(root: Node) -> bool:
    """Whether every service of a file has something to run, as far as the file itself tells."""
    services = root.get("services")
    nodes = [entry.value for entry in services.entries() if entry.value.is_mapping] if services else []
    return bool(nodes or root.get("include")) and all(map(_runs_something, nodes))


def _runs_something(service: Node) -> bool:
    if any(service.entry(key) for key in ("image", "extends", "provider")):
        return True
    build = service.get("build")
    if build is None or not build.is_mapping:
        return build is not None
    # Without any of these it says how another file's build is to be done.
    return any(build.entry(key) for key in ("context", "dockerfile", "dockerfile_inline"))


@lru_cache(maxsize=2048)
def named_files(path: str, root: Node) -> frozenset[str]:
    """The files of the repository that a Compose file includes or extends, as far as it says so without variables.

    Remembered by the root itself: it is asked for all files whenever one of them is edited.
    """
    folder = posixpath.dirname(path)
    written: list[Node | None] = []
    include = root.get("include")
    for item in include.elements() if include else ():
        listed = item.get("path") if item.is_mapping else item
        written += listed.elements() or (listed,) if listed else ()
    services = root.get("services")
    for entry in services.entries() if services else ():
        written.append(entry.value.get("extends", "file"))
    names = {node.scalar for node in written if node is not None and node.scalar}
    found = (resolved(folder, name) for name in names if "$" not in name and not is_remote(name))
    return frozenset(path for path in found if path)


def _of_folder(
    folder: str,
    paths: Sequence[str],
    roots: Mapping[str, Node],
    taken: set[str],
    compose_file: str | None,
    brought: set[str],
) -> Iterator[FileSet]:
    base = next((path for path in _named(folder, BASES) if path in paths), None)
    default = _from_variable(folder, compose_file, roots)
    if default is None and base is not None:
        override = next((path for path in _named(folder, OVERRIDES) if path in paths), None)
        default = (base, override) if override else (base,)
    used = set(default or ())
    if default is not None and not used <= taken:
        yield default
    for path in sorted(paths):
        if path in used or path in taken or (path in brought and posixpath.basename(path) not in BASES):
            continue
        lies_over = base if base is not None and base != path else _common(path, paths)
        yield (path,) if lies_over is None or stands_alone(roots[path]) else (lies_over, path)


def _named(folder: str, names: Iterable[str]) -> Iterator[str]:
    return (posixpath.join(folder, name) for name in names)


def _from_variable(folder: str, value: str | None, roots: Mapping[str, Node]) -> FileSet | None:
    """The files that ``COMPOSE_FILE`` lists, where all of them are there."""
    files = files_of_variable(folder, value)
    return files if files and all(path in roots for path in files) else None


def files_of_variable(folder: str, value: str | None) -> FileSet:
    """The files that a ``COMPOSE_FILE`` lists (``""``: one outside of the repository)."""
    separator = ";" if ";" in (value or "") else ":"
    return tuple(resolved(folder, part.strip()) or "" for part in (value or "").split(separator) if part.strip())


def _common(path: str, paths: Sequence[str]) -> str | None:
    """The one file of a folder whose name says that others lie over it."""
    found = [other for other in paths if other != path and _COMMON.intersection(_words(other))]
    return found[0] if len(found) == 1 else None


_COMMON = frozenset(("base", "common"))


def _words(path: str) -> list[str]:
    return posixpath.basename(path).replace("-", ".").replace("_", ".").lower().split(".")
