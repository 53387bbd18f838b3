"""Archives as ``docker save`` writes them: read once, in bounded memory, whatever they say."""

from __future__ import annotations

import gzip
import json
import random
import tracemalloc

import pytest
from image.layers import File, archive, in_pieces, saved

from reviewbot.image.layers.compressed import Compressor, Gauge
from reviewbot.image.layers.layer import Room
from reviewbot.image.layers.scan import ScanProblem, read_saved
from reviewbot.image.layers.tar import TarProblem
from reviewbot.image.model.config import ImageConfig, ImageInfo

LOW, MIDDLE, TOP = ({"a": b"1" * 10}, {"b": b"2" * 20}, {"c": b"3" * 30})


def info(layers: int, image: str = "sha256:0") -> ImageInfo:
    return ImageInfo(image, 0, ("sha256:x",) * layers, "linux/amd64", (), ImageConfig())


def test_layers_come_in_the_image_s_order_and_shared_ones_once() -> None:
    low, middle, top = (archive(files) for files in (LOW, MIDDLE, TOP))
    read = read_saved(in_pieces(saved([low, middle], [low, top, middle]), 700))
    assert len(read.layers) == 3
    assert [layer.paths for layer in read.image("image:0", info(2))] == [["a"], ["b"]]
    assert [layer.paths for layer in read.image("image:1", info(3))] == [["a"], ["c"], ["b"]]


def test_contents_are_read_only_where_images_differ() -> None:
    token = b"ghp_" + b"a1B2c3D4e5F6" * 3
    data = archive({"app/token": token})
    whole = saved([data])
    (name,) = read_saved(in_pieces(whole, 512)).layers
    assert read_saved(in_pieces(whole, 512)).layers[name].secrets == [("app/token", "a GitHub token")]
    assert read_saved(in_pieces(whole, 512), {name.rpartition("/")[2]}).layers[name].secrets == []


def test_layers_of_older_engines_and_of_the_containerd_store() -> None:
    layers = {
        "one/layer.tar": archive(LOW),
        "two/layer.tar": "../one/layer.tar",
        "blobs/x": gzip.compress(archive(TOP)),
    }
    manifest = [{"Config": "abc.json", "RepoTags": None, "Layers": ["one/layer.tar", "two/layer.tar", "blobs/x"]}]
    files: dict[str, File] = {**layers, "abc.json": b"{}", "manifest.json": json.dumps(manifest).encode()}
    read = read_saved(in_pieces(archive(files), 1_000))
    found = read.image("any", info(3, "sha256:abc"))
    assert [layer.paths for layer in found] == [["a"], ["a"], ["c"]]
    assert found[2].compressed == len(layers["blobs/x"])


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"Layers": 1}',
        b"[1]",
        b'[{"Config": "0", "Layers": ["nowhere"]}]',
        b'[{"Config": "0"}]',
    ],
)
def test_a_manifest_that_makes_no_sense_is_said(manifest: bytes) -> None:
    read = read_saved(in_pieces(archive({"blobs/x": archive(LOW), "manifest.json": manifest}), 1_000))
    with pytest.raises(ScanProblem, match="engine"):
        read.image("image:0", info(1))


def test_a_damaged_layer_is_said_and_the_others_are_read() -> None:
    broken = archive({"a": b"x" * 5_000, "b": b""})
    broken = broken[:512] + b"y" * 6_000 + broken[6_512:]
    zipped = gzip.compress(archive(TOP))[:-30] + b"z" * 30
    read = read_saved(in_pieces(saved([broken, archive(LOW), zipped, b"\x28\xb5\x2f\xfd" + bytes(900)]), 512))
    found = read.image("image:0", info(4))
    assert [bool(layer.problem) for layer in found] == [True, False, True, True]
    assert [layer.paths for layer in found[:2]] == [["a"], ["a"]]


def test_an_archive_that_ends_too_early_is_a_problem() -> None:
    whole = saved([archive({"a": b"x" * 5_000})])
    with pytest.raises(TarProblem):
        read_saved(in_pieces(whole[: len(whole) // 3], 512))


def test_a_bomb_of_zeros_takes_no_memory() -> None:
    big = gzip.compress(archive({"a": bytes(60_000_000)}))
    whole = archive({"blobs/x": big, "manifest.json": b"[]"})
    tracemalloc.start()
    try:
        (layer,) = read_saved(in_pieces(whole, 1 << 16)).layers.values()
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert list(layer.sizes) == [60_000_000]


def test_too_many_files_are_said() -> None:
    whole = saved([archive({f"f{n}": b"" for n in range(100)})])
    read = read_saved(in_pieces(whole, 1_000), room=Room(3_000))
    (layer,) = read.image("image:0", info(1))
    assert layer.problem == "it has too many files to look at all of them"
    assert 0 < len(layer.paths) < 100


def test_targets_of_links_take_room_too() -> None:
    whole = saved([archive({f"f{n}": "x" * 10_000 for n in range(10)})])
    (layer,) = read_saved(in_pieces(whole, 1_000), room=Room(40_000)).image("image:0", info(1))
    assert layer.problem == "it has too many files to look at all of them"
    assert len(layer.links) == 3


def test_package_databases_without_end_are_said() -> None:
    database = b"".join(b"Package: p%d\nVersion: 1\n\n" % n for n in range(1_000))
    whole = saved([archive({f"var/lib/dpkg/status.d/{n}": database for n in range(10)})])
    (layer,) = read_saved(in_pieces(whole, 1_000), room=Room(1_000_000)).image("image:0", info(1))
    assert layer.problem == "its package databases are too large to read"
    assert len(layer.packages) == 2


def test_a_small_layer_is_compressed_wholly_and_a_large_one_by_samples() -> None:
    chance = random.Random(7)  # noqa: S311
    words = [bytes(chance.choices(b"abcdefgh ", k=7)) for _ in range(500)]
    data = b"".join(chance.choices(words, k=600_000)) + chance.randbytes(4_000_000) + bytes(4_000_000)
    with Compressor() as compressor:
        exact, estimate = Gauge(len(data), compressor), Gauge(len(data), compressor, exact=0)
        for gauge in (exact, estimate):
            assert b"".join(gauge.through(in_pieces(data, 1 << 18))) == data
        sizes = [gauge.compressed() for gauge in (exact, estimate)]
    assert (exact.is_exact, estimate.is_exact) == (True, False)
    assert sizes[0] == len(gzip.compress(data, 6))
    assert abs(sizes[1] - sizes[0]) < 0.1 * sizes[0]


@pytest.mark.parametrize("pieces", [1, 5_000, 1 << 16, 100_001, 1 << 22])
def test_an_estimate_is_the_same_however_the_layer_arrives(pieces: int) -> None:
    chance = random.Random(11)  # noqa: S311
    data = b"".join(chance.randbytes(10_000) + bytes(chance.randrange(30_000)) for _ in range(250))
    data = data[:1_000_000] if pieces == 1 else data
    with Compressor() as compressor:
        whole, cut = (Gauge(len(data), compressor, exact=0) for _ in range(2))
        for gauge, size in ((whole, len(data)), (cut, pieces)):
            assert b"".join(gauge.through(in_pieces(data, size))) == data
        assert whole.compressed() == cut.compressed()
