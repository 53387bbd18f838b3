"""Package databases that are broken or not what they say; the usual ones are in test_contents.py."""

from __future__ import annotations

import sqlite3
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from image.layers import image

from reviewbot.image.layers.packages import read_packages

RPM = "var/lib/rpm/rpmdb.sqlite"


def header(**tags: str | int) -> bytes:
    """An rpm header: an index of (tag, type, offset, count), then the values."""
    numbers = {"name": 1000, "version": 1001, "release": 1002, "epoch": 1003, "size": 1009}
    index, values = b"", b""
    for name, value in tags.items():
        if isinstance(value, int):
            values += bytes(-len(values) % 4)
        index += struct.pack(">IIII", numbers[name], 4 if isinstance(value, int) else 6, len(values), 1)
        values += struct.pack(">I", value) if isinstance(value, int) else value.encode() + b"\0"
    return struct.pack(">II", len(tags), len(values)) + index + values


def database(*blobs: bytes) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    connection.commit()
    content = bytearray(connection.serialize())
    content[18:20] = b"\2\2"  # as rpm writes it: in write-ahead mode
    return bytes(content)


def test_rpm_s_database_is_read() -> None:
    content = database(
        header(name="bash", version="5.1.8", release="9.el9", size=7_738_634),
        header(name="tzdata", version="2024a", release="1", epoch=2, size=5),
        header(name="gpg-pubkey", version="1", release="1"),
        b"\0\0\xff\xff\0\0\0\0",
    )
    assert [(p.name, p.version, p.kind, p.size) for p in image({RPM: content}).packages] == [
        ("bash", "5.1.8-9.el9", "rpm", 7_738_634),
        ("tzdata", "2:2024a-1", "rpm", 5),
    ]


def test_an_older_rpm_database_is_said() -> None:
    assert image({"var/lib/rpm/Packages": b"x" * 100}).incomplete == ("its rpm database has a form that is not read",)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(5_000), b"no"])
def test_a_broken_rpm_database_has_no_packages(content: bytes) -> None:
    assert read_packages(RPM, content) == ()


@given(st.binary(max_size=300), st.integers(0, 9_000), st.binary(min_size=1, max_size=8))
@example(b"", 4091, b"\x80")
def test_any_bytes_are_survived(content: bytes, at: int, changed: bytes) -> None:
    whole = bytearray(database(header(name="bash", version="1", release="2"), content))
    whole[at : at + len(changed)] = changed
    read_packages(RPM, bytes(whole))
    for path in ("var/lib/dpkg/status", "lib/apk/db/installed"):
        read_packages(path, content)


def test_names_that_are_none_are_left_out() -> None:
    status = b"Package: <img src=x>\nVersion: 1\n\nPackage: ok\nVersion: 1\nInstalled-Size: many\n\n"
    assert [(p.name, p.size) for p in read_packages("var/lib/dpkg/status", status)] == [("ok", 0)]
