"""The packages that a distribution's own database says are installed: dpkg, apk and rpm."""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing

from reviewbot.image.model.packages import Package

LARGEST = 48_000_000
"""Bytes of a database that are read: a thousand packages take two million."""
_MOST = 20_000
_LONGEST = 200
_SOUND = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_~:^-]*")
_RPM_NAME, _RPM_VERSION, _RPM_RELEASE, _RPM_EPOCH, _RPM_SIZE, _RPM_LONG_SIZE = 1000, 1001, 1002, 1003, 1009, 5009


def is_database(path: str) -> bool:
    """Whether a path of an image is where a package manager keeps what it has installed."""
    return (
        path in ("var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed")
        or (path.startswith("var/lib/dpkg/status.d/") and not path.endswith(".md5sums"))
        or path in ("var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite")
    )


def is_unreadable_database(path: str) -> bool:
    """Whether a path is a database of a form that is not read: those rpm used before SQLite."""
    return path in ("var/lib/rpm/Packages", "var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages.db")


def read_packages(path: str, content: bytes) -> tuple[Package, ...]:
    """What a database lists, in its order; what in it makes no sense is left out."""
    if path.endswith(".sqlite"):
        found = _rpm(content)
    elif path.endswith("/installed"):
        found = _apk(content)
    else:
        found = _dpkg(content)
    kept: list[Package] = []
    for package in found:
        if _SOUND.fullmatch(package.name[:_LONGEST]) and len(package.version) <= _LONGEST and len(kept) < _MOST:
            kept.append(package)
    return tuple(kept)


def _dpkg(content: bytes) -> Iterator[Package]:
    """RFC 822 paragraphs, sizes in units of 1024 bytes; those in distroless images have no status."""
    for paragraph in content.decode("utf-8", "replace").split("\n\n"):
        fields = _fields(paragraph, (": ",), ("Package", "Version", "Installed-Size", "Status", "Source"))
        if "Package" in fields and fields.get("Status", "ok installed").endswith("ok installed"):
            size = int(fields["Installed-Size"]) * 1024 if _is_number(fields.get("Installed-Size")) else 0
            source = fields.get("Source", "").partition(" ")[0]
            yield Package(fields["Package"], fields.get("Version", ""), "deb", size, source or fields["Package"])


def _apk(content: bytes) -> Iterator[Package]:
    """Paragraphs of one-letter fields, sizes in bytes."""
    for paragraph in content.decode("utf-8", "replace").split("\n\n"):
        fields = _fields(paragraph, (":",), ("P", "V", "I", "o"))
        if "P" in fields:
            size = int(fields["I"]) if _is_number(fields.get("I")) else 0
            yield Package(fields["P"], fields.get("V", ""), "apk", size, fields.get("o", fields["P"]))


def _fields(paragraph: str, separators: tuple[str], wanted: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in paragraph.split("\n"):
        name, separator, value = line.partition(separators[0])
        if separator and name in wanted:
            found.setdefault(name, value.strip())
    return found


def _is_number(digits: str | None) -> bool:
    return digits is not None and digits.isascii() and digits.isdigit() and len(digits) < 14


def _rpm(content: bytes) -> Iterator[Package]:
    """The header of each row of the table ``Packages``; the file is opened in memory and never written."""
    if content[:16] != b"SQLite format 3\0" or len(content) < 100:
        return
    # A database in write-ahead mode cannot be opened from memory: its two version bytes say so.
    content = content[:18] + b"\1\1" + content[20:]
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.deserialize(content)
            connection.execute("PRAGMA trusted_schema=OFF")
            rows = connection.execute("SELECT blob FROM Packages LIMIT ?", (_MOST,)).fetchall()
        except (sqlite3.Error, MemoryError, UnicodeDecodeError):  # its own messages may quote what is no text
            return
    for (blob,) in rows:
        package = _rpm_package(blob) if isinstance(blob, bytes) else None
        if package is not None:
            yield package


def _rpm_package(blob: bytes) -> Package | None:
    """A package of a header: an index of tags, then their values (``docs/manual/format_header.md`` of rpm)."""
    if len(blob) < 8:
        return None
    count, length = struct.unpack_from(">II", blob, 0)
    values = 8 + 16 * count
    if count > 10_000 or values + length > len(blob):
        return None
    texts: dict[int, str] = {}
    numbers: dict[int, int] = {}
    for n in range(count):
        tag, kind, offset, _ = struct.unpack_from(">IIII", blob, 8 + 16 * n)
        at = values + offset
        if tag in (_RPM_NAME, _RPM_VERSION, _RPM_RELEASE) and kind == 6:
            texts[tag] = blob[at : at + _LONGEST].split(b"\0", 1)[0].decode("utf-8", "replace")
        elif tag in (_RPM_EPOCH, _RPM_SIZE) and kind == 4 and at + 4 <= len(blob):
            numbers[tag] = struct.unpack_from(">I", blob, at)[0]
        elif tag == _RPM_LONG_SIZE and kind == 5 and at + 8 <= len(blob):
            numbers[tag] = struct.unpack_from(">Q", blob, at)[0]
    if _RPM_NAME not in texts or texts[_RPM_NAME] == "gpg-pubkey":
        return None
    epoch = f"{numbers[_RPM_EPOCH]}:" if numbers.get(_RPM_EPOCH) else ""
    version = f"{epoch}{texts.get(_RPM_VERSION, '')}-{texts.get(_RPM_RELEASE, '')}"
    size = numbers.get(_RPM_LONG_SIZE, numbers.get(_RPM_SIZE, 0))
    return Package(texts[_RPM_NAME], version, "rpm", size, texts[_RPM_NAME])
