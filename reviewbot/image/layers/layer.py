"""One layer's files: what is kept of them, gathered from its entries as they come."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from msgspec import Struct, field

from reviewbot.image.layers import tar
from reviewbot.image.layers.language_packages import LONGEST as LONGEST_MANIFEST
from reviewbot.image.layers.language_packages import kind_of_package, read_package, with_sizes
from reviewbot.image.layers.packages import LARGEST as LARGEST_DATABASE
from reviewbot.image.layers.packages import is_database, is_unreadable_database, read_packages
from reviewbot.image.layers.program import HEAD, Program, read_program, read_sections, strippable
from reviewbot.image.layers.secret_files import LARGEST as LARGEST_SECRET
from reviewbot.image.layers.secret_files import is_worth_reading, secret_in_file
from reviewbot.image.model.packages import Package

ROOM = 120_000_000
"""Bytes of memory that what is kept of all layers together may take: half a million files with usual names."""
_ENTRY = 200
"""Bytes that an entry takes beside its name, here and where layers are laid over each other; a package takes twice that."""
_MOST_NOTED = 2_000
"""Files of one kind in one layer that are kept."""
_ACCOUNTS = ("etc/passwd", "etc/shadow", "etc/group")
_MOST_MODULES = 20_000
_LARGEST_ACCOUNTS = 1_000_000
_LEAST_SYMBOLS = 100_000
"""Bytes of symbols below which nobody wins by stripping a file."""
_SETUID, _WORLD_WRITABLE, _STICKY, _EXECUTABLE = 0o6000, 0o002, 0o1000, 0o111

FOLDER, SYMLINK, HARDLINK, OTHER = -1, -2, -3, -4
"""What ``sizes`` has for an entry that is no file."""
_CODES = {tar.FOLDER: FOLDER, tar.SYMLINK: SYMLINK, tar.HARDLINK: HARDLINK, tar.OTHER: OTHER}


class Room:
    """The memory that is left for what is kept of all layers."""

    def __init__(self, left: int = ROOM) -> None:
        self._left = left

    def has(self, entry: tar.Entry) -> bool:
        """Whether another entry has its place, which it then takes."""
        return self.takes(_ENTRY + len(entry.path) + len(entry.link))

    def takes(self, size: int) -> bool:
        """Whether there is room for so many bytes, which are then gone."""
        if size > self._left:
            return False
        self._left -= size
        return True


class LayerContents(Struct):
    """What a layer holds: ``paths`` in the archive's order, with a size each (or a code for what is no file).

    ``links`` are the targets of its symbolic and hard links, ``programs`` the kinds of its executable files.
    ``accounts`` has the account files' contents. ``problem`` says why it was not, or not wholly, read.
    """

    paths: list[str] = field(default_factory=list)
    sizes: array[int] = field(default_factory=lambda: array("q"))
    links: dict[str, str] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    setuid: list[tuple[str, int, int]] = field(default_factory=list)
    """Path, bytes and mode."""
    world_writable: list[tuple[str, int, int]] = field(default_factory=list)
    symbols: list[tuple[str, int]] = field(default_factory=list)
    secrets: list[tuple[str, str]] = field(default_factory=list)
    modules: dict[str, Package] = field(default_factory=dict)
    """Packages of programming languages, by the path of the file that tells of each."""
    packages: dict[str, tuple[Package, ...]] = field(default_factory=dict)
    accounts: dict[str, bytes] = field(default_factory=dict)
    archive: int = 0
    """Bytes of the layer's archive, uncompressed."""
    compressed: int | None = None
    """Bytes of the archive compressed, about; exactly when ``is_exact``."""
    is_exact: bool = False
    is_deep: bool = False
    """Whether its files' contents were looked at too."""
    problem: str | None = None


class LayerReader:
    """Takes a layer's entries in. ``deep``: the contents of its files are looked at too."""

    def __init__(self, room: Room, deep: bool) -> None:
        self.contents = LayerContents(is_deep=deep)
        self._room = room
        self._deep = deep
        self._programs: dict[Program, Program] = {}

    def read(self, entries: Iterable[tar.Entry]) -> None:
        """All entries of an archive. Raises TarProblem; what was read until then stays."""
        for entry in entries:
            if not self._room.has(entry):
                self.contents.problem = "it has too many files to look at all of them"
                return
            if entry.path:
                self._add(entry)
        self.contents.modules = with_sizes(
            self.contents.modules, zip(self.contents.paths, self.contents.sizes, strict=True)
        )

    def _add(self, entry: tar.Entry) -> None:
        contents, path = self.contents, entry.path
        contents.paths.append(path)
        if path.rpartition("/")[2].startswith(".wh."):
            contents.sizes.append(OTHER)
            return
        contents.sizes.append(_CODES.get(entry.kind, entry.size))
        if entry.kind in (tar.SYMLINK, tar.HARDLINK):
            contents.links[path] = entry.link
            same = contents.programs.get(entry.link.strip("/").removeprefix("./"))
            if entry.kind == tar.HARDLINK and same is not None:
                contents.programs[path] = same  # another name of a file that came before
            return
        if entry.kind == tar.FOLDER:
            if entry.mode & _WORLD_WRITABLE and not entry.mode & _STICKY:
                _note(contents.world_writable, (f"{path}/", 0, entry.mode))
            return
        if entry.kind != tar.FILE:
            return
        if entry.mode & _SETUID and entry.mode & _EXECUTABLE:
            _note(contents.setuid, (path, entry.size, entry.mode))
        if entry.mode & _WORLD_WRITABLE:
            _note(contents.world_writable, (path, entry.size, entry.mode))
        self._look(entry)

    def _look(self, entry: tar.Entry) -> None:
        """What the content of a file tells; it is read once."""
        path, size = entry.path, entry.size
        if path.startswith(("var/lib/", "lib/apk/", "usr/lib/")) and self._database(entry):
            return
        if kind_of_package(path) is not None:
            self._module(entry)
            return
        if path in _ACCOUNTS:
            accounts = entry.read(_LARGEST_ACCOUNTS)
            if self._room.takes(len(accounts)):
                self.contents.accounts[path] = accounts
            return
        if entry.mode & _EXECUTABLE:
            head = entry.read(HEAD)
            program = read_program(head)
            self.contents.programs[path] = self._programs.setdefault(program, program)
        elif self._deep and (".so" in path or is_worth_reading(path, size)):
            head = entry.read(HEAD)
        else:
            return
        if not self._deep:
            return
        if head[:4] == b"\x7fELF":
            self._symbols(entry, head)
        elif is_worth_reading(path, size):
            kind = secret_in_file(path, head + entry.read(LARGEST_SECRET - len(head)))
            if kind is not None:
                _note(self.contents.secrets, (path, kind))

    def _database(self, entry: tar.Entry) -> bool:
        if is_unreadable_database(entry.path) and entry.size:
            self.contents.problem = "its rpm database has a form that is not read"
        if not is_database(entry.path):
            return False
        if entry.size > LARGEST_DATABASE:
            self.contents.problem = "its package database is too large to read"
            return True
        packages = read_packages(entry.path, entry.read(entry.size))
        if self._room.takes(2 * _ENTRY * len(packages)):
            self.contents.packages[entry.path] = packages
        else:
            self.contents.problem = "its package databases are too large to read"
        return True

    def _module(self, entry: tar.Entry) -> None:
        modules = self.contents.modules
        content = b"" if entry.path.endswith((".jar", ".gemspec")) else entry.read(LONGEST_MANIFEST)
        package = read_package(entry.path, entry.size, content)
        if package is not None and len(modules) < _MOST_MODULES and self._room.takes(2 * _ENTRY):
            modules[entry.path] = package

    def _symbols(self, entry: tar.Entry, head: bytes) -> None:
        sections = read_sections(head)
        if sections is None or sections.offset < len(head) or sections.offset + sections.size > entry.size:
            return
        entry.skip(sections.offset - len(head))
        size = strippable(entry.read(sections.size), sections)
        if _LEAST_SYMBOLS <= size <= entry.size:
            _note(self.contents.symbols, (entry.path, size))


def _note(noted: list, fact: tuple) -> None:  # type: ignore[type-arg]
    if len(noted) < _MOST_NOTED:
        noted.append(fact)
