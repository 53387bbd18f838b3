"""Packages of programming languages, told from the files that their installers leave: Python, Node.js, Ruby, Java.

Python: ``RECORD`` of a ``.dist-info`` folder (PEP 376, PEP 427), which lists every file with its size; what a
distribution packs itself has none, and stands in its own database. Node.js: the ``package.json`` of each folder in
``node_modules``. Ruby: the gem's specification. Java: archives that are named as Maven names them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from reviewbot.image.model.packages import Package

PYTHON, NODE, RUBY, JAVA = "pypi", "npm", "gem", "maven"
LONGEST = 2_000_000
"""Bytes of a file that are read."""
_LONGEST_NAME = 200
_ENDS = ("/RECORD", "/package.json", ".gemspec", ".jar")
_DIST_INFO = re.compile(r"([A-Za-z0-9][\w.]*)-([0-9][\w.!+]*)\.dist-info")
_MODULE = re.compile(r"(?:@[\w.~-]+/)?[\w.~-]+")
_VERSIONED = re.compile(r"([A-Za-z][\w.-]*?)-([0-9][\w.]*(?:-[A-Za-z]\w*)?)\.(?:gemspec|jar)")
_VERSION = re.compile(r"[\w.+-]{1,100}")


class _Manifest(msgspec.Struct):
    version: str = ""


def kind_of_package(path: str) -> str | None:
    """Which kind of package a file tells of, from its path alone; None for most."""
    if not path.endswith(_ENDS):
        return None
    folders = path.rsplit("/", 4)[:-1]
    if path.endswith(".jar"):
        return JAVA
    if path.endswith(".gemspec"):
        return RUBY if folders[-1:] == ["specifications"] else None
    if path.endswith("/RECORD"):
        return PYTHON if folders[-1].endswith(".dist-info") else None
    return NODE if _module(path) else None


def read_package(path: str, size: int, content: bytes) -> Package | None:
    """The package that a file tells of, which :func:`kind_of_package` knows; its size is 0 where :func:`with_sizes` finds it.

    Archives and specifications need no content.
    """
    kind = kind_of_package(path)
    name = path.rpartition("/")[2]
    if kind == PYTHON:
        record = _DIST_INFO.fullmatch(path.rsplit("/", 2)[-2][:_LONGEST_NAME])
        known = record[1].replace("_", "-").lower() if record else ""
        return Package(known, record[2], PYTHON, _recorded(content), known) if record else None
    if kind == NODE:
        try:
            version = msgspec.json.decode(content, type=_Manifest).version
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        module = _module(path)
        return Package(module, version, NODE, 0, module) if _VERSION.fullmatch(version) else None
    versioned = _VERSIONED.fullmatch(name) if kind and len(name) <= _LONGEST_NAME else None
    if versioned is None or kind is None:
        return None
    return Package(versioned[1], versioned[2], kind, size if kind == JAVA else 0, versioned[1])


def with_sizes(found: Mapping[str, Package], files: Iterable[tuple[str, int]]) -> dict[str, Package]:
    """The packages of a layer, by the path that tells of each, with the bytes that their folders have in it."""
    folders = {folder: path for path, package in found.items() if (folder := _folder(path, package))}
    sizes: dict[str, int] = defaultdict(int)
    for path, size in files if folders else ():
        owner = next((folders[folder] for folder in _homes(path) if folder in folders), None) if size > 0 else None
        if owner is not None:
            sizes[owner] += size
    return {
        path: msgspec.structs.replace(package, size=sizes[path]) if path in sizes else package
        for path, package in found.items()
    }


def _module(path: str) -> str:
    """The name of the module whose ``package.json`` this is; empty for any other file."""
    folders = path.rsplit("/", 4)[:-1]
    if folders[-2:-1] == ["node_modules"]:
        name = folders[-1]
    elif folders[-3:-2] == ["node_modules"] and folders[-2].startswith("@"):
        name = f"{folders[-2]}/{folders[-1]}"
    else:
        return ""
    return name if len(name) <= _LONGEST_NAME and _MODULE.fullmatch(name) else ""


def _folder(path: str, package: Package) -> str:
    """Where a package's files are, where nothing else lists them."""
    if package.kind == NODE:
        return path.removesuffix("/package.json")
    if package.kind == RUBY:
        return f"{path.rsplit('/', 2)[0]}/gems/{package.name}-{package.version}"
    return ""


def _homes(path: str) -> Iterator[str]:
    """The folders of packages that a file may belong to, the innermost first."""
    for home in ("node_modules/", "gems/"):
        at = path.rfind(home)
        if at < 0 or (at > 0 and path[at - 1] != "/"):
            continue
        names = path[at + len(home) :].split("/", 2)
        yield path[:at] + home + "/".join(names[: 2 if names[0].startswith("@") else 1])


def _recorded(content: bytes) -> int:
    """The bytes of all files that a RECORD lists: ``path,sha256=…,size``."""
    sizes = (line.rpartition(b",")[2].strip() for line in content.splitlines())
    return sum(int(size) for size in sizes if size.isdigit() and len(size) < 12)
