"""The reader of archives against Python's own, and against archives that mean harm."""

from __future__ import annotations

import io
import tarfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image.layers import archive, in_pieces

from reviewbot.image.layers import tar
from reviewbot.image.layers.tar import Source, TarProblem, entries

KINDS = {
    tarfile.REGTYPE: tar.FILE,
    tarfile.DIRTYPE: tar.FOLDER,
    tarfile.SYMTYPE: tar.SYMLINK,
    tarfile.LNKTYPE: tar.HARDLINK,
}
names = st.lists(st.text("abcé.- ", min_size=1, max_size=40), min_size=1, max_size=8).map("/".join)


def read(data: bytes, piece: int = 1_000) -> list[tuple[str, str, bytes]]:
    return [(e.path, e.kind, b"".join(e.pieces())) for e in entries(Source(in_pieces(data, piece)))]


@given(
    st.lists(st.tuples(names, st.sampled_from(list(KINDS)), st.binary(max_size=1_500)), max_size=8),
    st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    st.integers(1, 3_000),
)
def test_reads_what_tarfile_reads(files: list[tuple[str, bytes, bytes]], form: int, piece: int) -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form, encoding="utf-8") as out:
        for name, kind, content in files:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "target" * 30
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            try:
                out.addfile(info, io.BytesIO(content))
            except ValueError:
                return
    expected = []
    with tarfile.open(fileobj=io.BytesIO(written.getvalue())) as theirs:
        for member in theirs:
            opened = theirs.extractfile(member) if member.isreg() else None
            expected.append((KINDS[member.type], opened.read() if opened else b""))
    assert [(kind, content) for _, kind, content in read(written.getvalue(), piece)] == expected


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_of_every_length(form: int) -> None:
    paths = ["a", "a" * 100, f"{'b' * 60}/{'c' * 70}", f"{'d' * 150}/{'e' * 99}"]
    if form != tarfile.USTAR_FORMAT:
        paths += ["ü" * 90, "/".join(["f" * 200] * 4)]
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as out:
        for path in paths:
            out.addfile(tarfile.TarInfo(path))
    assert [path for path, _, _ in read(written.getvalue())] == paths


@pytest.mark.parametrize(
    ("written", "path"),
    [("./a/b", "a/b"), ("/etc/x", "etc/x"), ("../../etc/x", "etc/x"), ("a//b/./c", "a/b/c"), ("d/", "d"), ("./", "")],
)
def test_a_path_stays_below_the_root(written: str, path: str) -> None:
    assert read(archive({written: b"x"}))[0][0] == path


def header(name: bytes = b"x", size: bytes = b"00000000000\0", flag: bytes = b"0") -> bytes:
    block = bytearray(name.ljust(100, b"\0") + b"0000644\0" * 3 + size + b"0" * 11 + b"\0" + b" " * 8 + flag)
    block = block.ljust(257, b"\0") + b"ustar\0" + b"00"
    block = bytearray(bytes(block).ljust(512, b"\0"))
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def huge(n: int) -> bytes:
    return (0x80 << 88 | n).to_bytes(12, "big")


@pytest.mark.parametrize("flag", [b"L", b"K", b"x", b"g"])
def test_a_header_of_gigabytes_is_not_taken_into_memory(flag: bytes) -> None:
    block = bytes(1 << 20)
    blocks = (block for _ in range(300))
    data = Source(iter([header(size=huge(300 << 20), flag=flag)]))
    tracemalloc.start()
    try:
        found = list(entries(_joined(data, Source(blocks), header(b"after"))))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert len(found) == 1


def _joined(first: Source, second: Source, last: bytes) -> Source:
    def blocks():
        yield from first.pieces(1 << 40)
        yield from second.pieces(1 << 40)
        yield last

    return Source(blocks())


@pytest.mark.parametrize(
    "data",
    [
        b"no tar at all".ljust(512, b"!"),
        header(size=huge(1 << 60)),
        header(size=b"\xff" * 12),
        header(size=b"9zz\0").ljust(1024, b"\0"),
        header()[:300],
        header(size=b"00000001000\0") + b"short",
        header(size=b"00000000031\0", flag=b"x") + b"25 size=99999999999999999\n".ljust(512, b"\0") + header() + b"x",
    ],
    ids=["text", "size", "negative", "digits", "cut", "short", "extended"],
)
def test_what_is_no_archive_is_a_problem(data: bytes) -> None:
    with pytest.raises(TarProblem):
        read(data)


@given(st.binary(max_size=2_000), st.integers(0, 511), st.binary(min_size=1, max_size=20))
def test_any_bytes_are_an_archive_or_a_problem(data: bytes, at: int, changed: bytes) -> None:
    whole = bytearray(archive({"a": data, "b": "a", "c" * 200: b"long"}))
    whole[at : at + len(changed)] = changed
    for attempt in (data, bytes(whole)):
        try:
            read(attempt)
        except TarProblem as problem:
            assert str(problem)
