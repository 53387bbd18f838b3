"""Layers over layers, against a count that unpacks them one by one."""

from __future__ import annotations

import io
import posixpath
import tarfile

from hypothesis import assume, given
from hypothesis import strategies as st
from image.layers import File, archive, image, layer

from reviewbot.image.layers.stack import Stack

NAMES = st.sampled_from(
    ["a", "b", "a/c", "a/d", "a/d/e", "f/g", "f/.wh.g", ".wh.a", ".wh.b", "a/.wh.c", "a/.wh..wh..opq"]
)
CONTENT = st.one_of(st.binary(max_size=30), st.none(), st.just("target"), st.just("=b"))


def counted(layers: list[dict[str, File]]) -> tuple[int, int]:
    """Bytes in all layers, and those still there in the end: by unpacking into a dict, as the OCI's text says."""
    seen: dict[str, object] = {}
    written = 0
    for files in layers:
        with tarfile.open(fileobj=io.BytesIO(archive(files))) as tar:
            members = list(tar)
            for member in members:
                folder, name = posixpath.split(member.name)
                if name == ".wh..wh..opq":
                    _drop(seen, lambda path, folder=folder: path.startswith(f"{folder}/"))
                elif name.startswith(".wh."):
                    gone = posixpath.join(folder, name[4:])
                    _drop(seen, lambda path, gone=gone: path == gone or path.startswith(f"{gone}/"))
            for member in members:
                name = member.name
                if posixpath.basename(name).startswith(".wh."):
                    continue
                parents = [name[:n] for n, character in enumerate(name) if character == "/"]
                for parent in parents:
                    if not isinstance(seen.get(parent), dict):
                        seen[parent] = {}
                if member.isdir():
                    if not isinstance(seen.get(name), dict):
                        seen[name] = {}
                    continue
                target = seen.get(member.linkname) if member.islnk() else None
                _drop(seen, lambda path, name=name: path == name or path.startswith(f"{name}/"))
                seen[name] = target if isinstance(target, list) else [member.size]
                written += member.size
    files = {id(value): value[0] for value in seen.values() if isinstance(value, list)}
    return written, sum(files.values())


def _drop(seen: dict[str, object], is_gone) -> None:
    for path in [path for path in seen if is_gone(path)]:
        del seen[path]


@given(st.lists(st.dictionaries(NAMES, CONTENT, max_size=6), min_size=1, max_size=4))
def test_what_is_hidden_is_what_an_unpacking_loses(layers: list[dict[str, File]]) -> None:
    # No file system has a name that is another name of itself.
    assume(all(content != f"={name}" for layer in layers for name, content in layer.items()))
    contents = image(*layers)
    assert (contents.written, contents.visible) == counted(layers)
    assert contents.wasted == contents.written - contents.visible


def test_both_steps_are_told() -> None:
    contents = image({"a": b"x" * 700, "d/e": b"y" * 30}, {"a": b"z" * 5}, {".wh.d": b""})
    assert [(w.size, w.brought_by.line, w.hidden_by.line, w.deleted, w.examples) for w in contents.waste] == [
        (700, 1, 2, False, ("a",)),
        (30, 1, 3, True, ("d/e",)),
    ]
    assert (contents.written, contents.visible) == (735, 5)


def test_a_file_with_another_name_left_is_still_seen() -> None:
    assert image({"a": b"x" * 9, "b": "=a"}, {".wh.a": b""}).wasted == 0
    assert image({"a": b"x" * 9, "b": "=a"}, {".wh.a": b"", ".wh.b": b""}).wasted == 9


def test_a_layer_s_whiteouts_spare_its_own_files() -> None:
    contents = image({"d/old": b"1"}, {"d/new": b"22", "d/.wh..wh..opq": b""})
    assert (contents.wasted, contents.visible) == (1, 2)


def test_many_whiteouts_and_folders_nobody_listed_take_bounded_time() -> None:
    files: dict[str, File] = {"/".join(["d"] * 200 + [str(n)]): b"" for n in range(2_000)}
    stack = Stack.of([layer(files, deep=False), layer({f".wh.{n}": b"" for n in range(5_000)}, deep=False)])
    assert sum(1 for _ in stack.files()) == 2_000
