"""Layers laid one over the other: which files a container sees, and which bytes nobody does."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from reviewbot.image.layers.layer import FOLDER, HARDLINK, SYMLINK, LayerContents

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_EXAMPLES = 5
_MOST_FOLDERS = 200_000
"""Folders that no archive lists and that have to be there for what is in them."""


class Inode:
    """A regular file's bytes, with the number of names that it has."""

    __slots__ = ("layer", "links", "size")

    def __init__(self, layer: int, size: int) -> None:
        self.layer = layer
        self.size = size
        self.links = 1


class Node(Struct, frozen=True):
    """A name that is no folder: the layer that wrote it, and its size in bytes or the code of what it is."""

    layer: int
    size: int


_Leaf = int | Inode | Node
_Tree = dict[str, "_Tree | _Leaf"]


class Hidden(Struct):
    """Bytes of one layer that another one hides."""

    size: int = 0
    files: int = 0
    largest: list[tuple[int, str]] = field(default_factory=list)

    def add(self, path: str, size: int) -> None:
        self.size += size
        self.files += 1
        entry = (size, path)
        if len(self.largest) < _EXAMPLES:
            heapq.heappush(self.largest, entry)
        elif entry > self.largest[0]:
            heapq.heapreplace(self.largest, entry)

    @property
    def examples(self) -> tuple[str, ...]:
        return tuple(path for _, path in sorted(self.largest, reverse=True))


class Stack:
    """The files of an image while its layers are put on, the lowest first.

    ``hidden`` maps (layer that wrote the bytes, layer that hid them, whether it deleted them) to what was hidden.
    """

    def __init__(self) -> None:
        self._root: _Tree = {}
        self._unlisted = 0
        self.hidden: dict[tuple[int, int, bool], Hidden] = {}

    @classmethod
    def of(cls, layers: Sequence[LayerContents]) -> Stack:
        stack = cls()
        for index, layer in enumerate(layers):
            stack.put(index, layer)
        return stack

    def put(self, index: int, layer: LayerContents) -> None:
        """Lay a layer on top. Its whiteouts hide what is below, never what it brings itself."""
        for path in layer.paths:
            folder, _, name = path.rpartition("/")
            if not name.startswith(_WHITEOUT):
                continue
            if name == _OPAQUE:
                self._clear(folder, index)
            else:
                self._remove(folder, name.removeprefix(_WHITEOUT), index)
        folder, parent = "", self._root
        for path, size in zip(layer.paths, layer.sizes, strict=True):
            above, _, name = path.rpartition("/")
            if name.startswith(_WHITEOUT):
                continue
            if above != folder:
                folder, parent = above, self._folder(above, index)
                if self._unlisted > _MOST_FOLDERS:
                    return
            if size == FOLDER:
                if not isinstance(parent.get(name), dict):
                    self._replace(parent, path, name, index)
                    parent[name] = {}
                continue
            self._replace(parent, path, name, index)
            parent[name] = self._leaf(index, size, layer.links.get(path))

    def _leaf(self, index: int, size: int, link: str | None) -> _Leaf:
        if size == HARDLINK and link is not None:
            return self._linked(link, index)
        return size << 10 | index if size >= 0 else Node(index, size)

    def _linked(self, target: str, index: int) -> _Leaf:
        """Another name of a file."""
        folder, _, name = target.strip("/").removeprefix("./").rpartition("/")
        parent = self._find(folder)
        known = parent.get(name) if parent is not None else None
        if isinstance(known, int) and parent is not None:
            known = parent[name] = Inode(known & 1023, known >> 10)
        if isinstance(known, Inode):
            known.links += 1
            return known
        return Node(index, HARDLINK)

    def _folder(self, path: str, index: int) -> _Tree:
        """The folder of a path, made where it is not there."""
        node = self._root
        if not path:
            return node
        walked = ""
        for name in path.split("/"):
            walked = f"{walked}/{name}" if walked else name
            child = node.get(name)
            if not isinstance(child, dict):
                self._replace(node, walked, name, index)
                self._unlisted += 1
                child = node[name] = {}
            node = child
        return node

    def _find(self, path: str) -> _Tree | None:
        node = self._root
        for name in path.split("/") if path else ():
            child = node.get(name)
            if not isinstance(child, dict):
                return None
            node = child
        return node

    def _replace(self, parent: _Tree, path: str, name: str, index: int) -> None:
        """Hide what a name stood for."""
        old = parent.get(name)
        if old is not None:
            self._hide(old, path, index, deleted=False)

    def _remove(self, folder: str, name: str, index: int) -> None:
        parent = self._find(folder)
        if parent is not None and name in parent:
            self._hide(parent.pop(name), f"{folder}/{name}" if folder else name, index, deleted=True)

    def _clear(self, folder: str, index: int) -> None:
        parent = self._find(folder)
        if parent is not None:
            for name, child in list(parent.items()):
                self._hide(child, f"{folder}/{name}" if folder else name, index, deleted=True)
            parent.clear()

    def _hide(self, node: _Tree | _Leaf, path: str, index: int, deleted: bool) -> None:
        waiting: list[tuple[_Tree | _Leaf, str]] = [(node, path)]
        while waiting:
            node, path = waiting.pop()
            if isinstance(node, dict):
                waiting += [(child, f"{path}/{name}") for name, child in node.items()]
                continue
            if isinstance(node, Node):
                continue
            if isinstance(node, Inode):
                node.links -= 1
                if node.links:
                    continue
                layer, size = node.layer, node.size
            else:
                layer, size = node & 1023, node >> 10
            if size:
                self.hidden.setdefault((layer, index, deleted), Hidden()).add(path, size)

    def node(self, path: str) -> Node | None:
        """What a path is, without following links; None for what is not there."""
        folder, _, name = path.rpartition("/")
        parent = self._find(folder)
        found = parent.get(name) if parent is not None else None
        if path == "" or isinstance(found, dict):
            return Node(-1, FOLDER)
        if isinstance(found, Inode):
            return Node(found.layer, found.size)
        return Node(found & 1023, found >> 10) if isinstance(found, int) else found

    def files(self) -> Iterator[tuple[str, Node]]:
        """All names that are no folders."""
        waiting: list[tuple[_Tree, str]] = [(self._root, "")]
        while waiting:
            tree, prefix = waiting.pop()
            for name, child in tree.items():
                if isinstance(child, dict):
                    waiting.append((child, f"{prefix}{name}/"))
                elif isinstance(child, Inode):
                    yield f"{prefix}{name}", Node(child.layer, child.size)
                elif isinstance(child, int):
                    yield f"{prefix}{name}", Node(child & 1023, child >> 10)
                else:
                    yield f"{prefix}{name}", child


def link_target(layers: Sequence[LayerContents], path: str, node: Node) -> str | None:
    """Where a symbolic link points, as written."""
    return layers[node.layer].links.get(path) if node.size == SYMLINK else None
