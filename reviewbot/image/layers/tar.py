"""Tar archives read as they come, in bounded memory whatever their headers say.

Read by hand because an archive may claim a header of gigabytes, which ``tarfile`` would take into memory, and because
an image has hundreds of thousands of entries.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

_BLOCK = 512
_LONGEST_HEADER = 1_000_000
"""Bytes of a long name or of extended attributes that are read."""
_LONGEST_PATH = 4_096
"""Bytes of a path: no kernel opens a longer one."""
_LARGEST = 1 << 50
"""Bytes that an entry may claim."""
_ZEROS = bytes(_BLOCK)

FILE, FOLDER, SYMLINK, HARDLINK, OTHER = "file", "folder", "symlink", "hardlink", "other"
_KINDS = {
    b"0": FILE,
    b"\0": FILE,
    b"7": FILE,
    b"S": FILE,
    b"1": HARDLINK,
    b"2": SYMLINK,
    b"3": OTHER,
    b"4": OTHER,
    b"5": FOLDER,
    b"6": OTHER,
}


class TarProblem(Exception):
    """An archive that cannot be read, or ends too early."""


class Source:
    """Bytes in order, from blocks of any length."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = b""
        self._at = 0

    def read(self, n: int) -> bytes:
        """The next ``n`` bytes; fewer at the end."""
        end = self._at + n
        if end <= len(self._block):
            piece = self._block[self._at : end]
            self._at = end
            return piece
        return b"".join(self.pieces(n))

    def pieces(self, n: int) -> Iterator[bytes]:
        """The next ``n`` bytes as they come; fewer at the end."""
        while n > 0:
            if self._at >= len(self._block):
                block = next(self._blocks, None)
                if block is None:
                    return
                self._block, self._at = block, 0
                continue
            start, end = self._at, min(self._at + n, len(self._block))
            self._at = end
            n -= end - start
            yield self._block if end - start == len(self._block) else self._block[start:end]

    def skip(self, n: int) -> None:
        """Pass over ``n`` bytes. Raises TarProblem when there are fewer."""
        while n > len(self._block) - self._at:
            n -= len(self._block) - self._at
            block = next(self._blocks, None)
            if block is None:
                raise TarProblem("it ends in the middle of a file")
            self._block, self._at = block, 0
        self._at += n


class Entry(Struct):
    """One entry. ``path`` has no leading slash and no ``..``; ``link`` is a link's target as written.

    Its content, ``size`` bytes, can be read once, before the next entry is asked for.
    """

    path: str
    kind: str
    size: int
    mode: int
    link: str
    source: Source
    left: int

    def read(self, n: int) -> bytes:
        """The next ``n`` bytes of the content, fewer at its end."""
        piece = self.source.read(min(n, self.left))
        self.left -= len(piece)
        return piece

    def pieces(self) -> Iterator[bytes]:
        """The rest of the content as it comes."""
        for piece in self.source.pieces(self.left):
            self.left -= len(piece)
            yield piece

    def skip(self, n: int) -> None:
        n = min(n, self.left)
        self.source.skip(n)
        self.left -= n


def entries(source: Source) -> Iterator[Entry]:
    """The entries of an archive, in order. Raises TarProblem for what is no tar."""
    extra: dict[str, bytes] = {}
    while True:
        header = source.read(_BLOCK)
        if not header or header == _ZEROS:
            return
        if len(header) < _BLOCK:
            raise TarProblem("it ends in the middle of a header")
        _check(header)
        flag, size = header[156:157], _number(header[124:136])
        if flag in b"LKxg":
            body = _body(source, size)
            if flag == b"L":
                extra["path"] = body.split(b"\0", 1)[0]
            elif flag == b"K":
                extra["linkpath"] = body.split(b"\0", 1)[0]
            elif flag == b"x":
                extra.update(_records(body))
            continue
        entry = _entry(header, flag, size, extra, source)
        extra = {}
        size = entry.size
        if len(entry.path) <= _LONGEST_PATH:
            yield entry
        source.skip(entry.left + -size % _BLOCK)


def _entry(header: bytes, flag: bytes, size: int, extra: dict[str, bytes], source: Source) -> Entry:
    kind = _KINDS.get(flag, OTHER)
    if "size" in extra:
        size = _decimal(extra["size"])
    if flag == b"S":
        extended = header[482]
        while extended:
            more = source.read(_BLOCK)
            if len(more) < _BLOCK:
                raise TarProblem("it ends in the middle of a sparse file's map")
            extended = more[504]
    name = extra.get("path") or _name(header)
    if flag == b"\0" and name.endswith(b"/"):
        kind = FOLDER
    if kind is not FILE and flag in _KINDS:
        size = 0
    link = extra.get("linkpath") or header[157:257].split(b"\0", 1)[0]
    return Entry(
        path=_sound(name),
        kind=kind,
        size=size,
        mode=_number(header[100:108]) & 0o7777,
        link=link.decode("utf-8", "surrogateescape"),
        source=source,
        left=size,
    )


def is_header(block: bytes) -> bool:
    """Whether an archive may begin with this block: a header whose sum is right, or the end of an empty one."""
    if len(block) < _BLOCK:
        return False
    try:
        _check(block)
    except TarProblem:
        return block == _ZEROS
    return True


def _check(header: bytes) -> None:
    """Whether a header's sum is right: what tells an archive from anything else."""
    total = sum(header) - sum(header[148:156]) + 8 * 32
    if _number(header[148:156]) != total:
        raise TarProblem("this is no tar archive")


def _name(header: bytes) -> bytes:
    name = header[:100].split(b"\0", 1)[0]
    if header[257:263] == b"ustar\0" and header[345]:
        return header[345:500].split(b"\0", 1)[0] + b"/" + name
    return name


def _sound(name: bytes) -> str:
    """A name as a path below the root, whatever it says."""
    path = name.decode("utf-8", "surrogateescape").partition("\0")[0]
    if "//" in path or "/." in path or path.startswith((".", "/")):
        path = posixpath.normpath(f"/{path}").lstrip("/")
    return path.rstrip("/")


def _number(field: bytes) -> int:
    if field[:1] and field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        if field[0] & 0x40 or value > _LARGEST:
            raise TarProblem("a header has a size that cannot be")
        return value
    digits = field.split(b"\0", 1)[0].strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise TarProblem("a header has a number that is none") from None


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 16 or int(digits) > _LARGEST:
        raise TarProblem("a header has a size that cannot be")
    return int(digits)


def _body(source: Source, size: int) -> bytes:
    """The content of an entry that describes the next one; of one that is too long only the start."""
    body = source.read(min(size, _LONGEST_HEADER))
    source.skip(size - len(body) + -size % _BLOCK)
    return body


def _records(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The name and size that extended attributes give to the next entry."""
    at = 0
    while at < len(body):
        blank = body.find(b" ", at, at + 10)
        length = body[at:blank] if blank > 0 else b""
        if not length.isdigit() or int(length) <= blank + 1 - at:
            return
        key, equals, value = body[blank + 1 : at + int(length) - 1].partition(b"=")
        if equals and key in (b"path", b"linkpath", b"size"):
            yield key.decode(), value
        at += int(length)
