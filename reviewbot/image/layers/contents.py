"""What an image holds: the facts of its layers put together, each with the step that brought it."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.image.layers.accounts import account_facts
from reviewbot.image.layers.launch import Launcher
from reviewbot.image.layers.layer import HARDLINK, LayerContents
from reviewbot.image.layers.leftovers import SOURCES, TESTS, place_of
from reviewbot.image.layers.stack import Stack
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.contents import FileFact, ImageContents, Leftover, SecretFile, Share, Waste
from reviewbot.image.model.packages import Package
from reviewbot.image.model.step import BASE_IMAGE, Step

_MOST_SHARES = 5
"""Paths of one step that are told."""
_LEAST_SHARE = 0.05
_MOSTLY = 0.6
"""A folder whose heaviest entry has this share of it is told by what is in it."""
_DEEPEST = 32
"""Folders within each other that are told apart."""
_FOLDER_NAMES = 50_000_000
"""Bytes of folders' names that are kept to tell where a layer's bytes lie; no layer that somebody built on purpose has so
many."""
_MOST = 500
"""Facts of one kind that are kept."""


def put_together(
    layers: Sequence[LayerContents], steps: Sequence[Step], config: ImageConfig, platform: str
) -> ImageContents:
    """The contents of an image from its layers, the lowest first; ``steps`` has what made each of them."""
    stack = Stack.of(layers)
    problems = tuple(dict.fromkeys(layer.problem for layer in layers if layer.problem))
    operating_system, _, architecture = platform.partition("/")
    launcher = Launcher(stack, layers, steps, config, architecture.partition("/")[0])
    can_launch = not problems and operating_system == "linux"
    known = [layer.compressed for layer in layers if layer.compressed is not None]
    wasted = sum(hidden.size for hidden in stack.hidden.values())
    written = sum(size for layer in layers for size in layer.sizes if size > 0)
    return ImageContents(
        files=sum(size >= 0 or size == HARDLINK for layer in layers for size in layer.sizes),
        written=written,
        visible=written - wasted,
        waste=tuple(_waste(stack, steps))[:_MOST],
        shares=tuple(share for layer, step in zip(layers, steps, strict=True) for share in _shares(layer, step)),
        leftovers=tuple(_leftovers(stack, layers, steps))[:_MOST],
        packages=_sorted((*_packages(layers, steps), *_modules(stack, layers, steps))),
        setuid=_visible([layer.setuid for layer in layers], stack, steps),
        world_writable=_visible([layer.world_writable for layer in layers], stack, steps),
        symbols=_visible([[(path, size, 0) for path, size in layer.symbols] for layer in layers], stack, steps),
        secrets=tuple(_secrets(stack, layers, steps))[:_MOST],
        accounts=account_facts([layer.accounts for layer in layers], steps)[:_MOST],
        launch=tuple(launcher.problems()) if can_launch else (),
        tools=launcher.tools() if can_launch else None,
        compressed=sum(known) if len(known) == len(layers) else None,
        compressed_is_estimate=not all(layer.is_exact for layer in layers),
        incomplete=problems,
    )


def _waste(stack: Stack, steps: Sequence[Step]) -> list[Waste]:
    found = [
        Waste(hidden.size, hidden.files, deleted, steps[brought], steps[by], hidden.examples)
        for (brought, by, deleted), hidden in stack.hidden.items()
    ]
    return sorted(found, key=lambda waste: -waste.size)


def _visible(
    layers: Sequence[Sequence[tuple[str, int, int]]], stack: Stack, steps: Sequence[Step]
) -> tuple[FileFact, ...]:
    """The files (path, bytes, mode) that a container sees, each with the first step that made it so."""
    first: dict[str, Step] = {}
    facts: dict[str, FileFact] = {}
    for index, layer in enumerate(layers):
        for path, size, mode in layer:
            step = first.setdefault(path, steps[index])
            node = stack.node(path.rstrip("/"))
            if node is not None and node.layer in (index, -1):
                facts[path] = FileFact(path, size, mode, step)
    return tuple(sorted(facts.values(), key=lambda fact: (-fact.size, fact.path)))[:_MOST]


def _secrets(stack: Stack, layers: Sequence[LayerContents], steps: Sequence[Step]) -> Iterator[SecretFile]:
    for index, layer in enumerate(layers):
        for path, kind in layer.secrets:
            node = stack.node(path)
            yield SecretFile(path, kind, deleted=node is None or node.layer != index, step=steps[index])


def _leftovers(stack: Stack, layers: Sequence[LayerContents], steps: Sequence[Step]) -> list[Leftover]:
    class Sum(Struct):
        path: str
        size: int = 0
        files: int = 0

    sums: dict[tuple[str, str, int], Sum] = {}
    for path, node in stack.files():
        if node.size < 0 or not layers[node.layer].is_deep:
            continue
        place = place_of(path)
        if place is None:
            continue
        kind, root = place
        scattered = kind in (SOURCES, TESTS)
        known = sums.setdefault((kind, "" if scattered else root, node.layer), Sum(root))
        if scattered and not f"{path}/".startswith(f"{known.path}/"):
            known.path = posixpath.commonpath([known.path, root]) if known.path and root else ""
        known.size += node.size
        known.files += 1
    found = [Leftover(kind, s.path, s.size, s.files, steps[layer]) for (kind, _, layer), s in sums.items()]
    return sorted(found, key=lambda leftover: (-leftover.size, leftover.kind, leftover.path))


def _sorted(packages: Iterable[Package]) -> tuple[Package, ...]:
    return tuple(sorted(packages, key=lambda package: (-package.size, package.name)))


def _modules(stack: Stack, layers: Sequence[LayerContents], steps: Sequence[Step]) -> Iterable[Package]:
    """Packages of programming languages that a container sees, each with the first step that wrote this version there."""
    since: dict[tuple[str, str], Step] = {}
    found: dict[tuple[str, str, str], Package] = {}
    for index, (layer, step) in enumerate(zip(layers, steps, strict=True)):
        for path, package in layer.modules.items():
            brought = since.setdefault((path, package.version), step)
            node = stack.node(path)
            if node is None or node.layer != index:
                continue
            key = (package.kind, package.name, package.version)
            known = found.get(key)
            found[key] = replace(known or package, size=package.size + (known.size if known else 0), step=brought)
    return found.values()


def _packages(layers: Sequence[LayerContents], steps: Sequence[Step]) -> Iterable[Package]:
    """What is installed, each with the step that installed this version."""
    databases: dict[str, tuple[Package, ...]] = {}
    since: dict[tuple[str, str, str], Step] = {}
    for layer, step in zip(layers, steps, strict=True):
        if layer.packages:
            databases.update(layer.packages)
            listed = [p for database in databases.values() for p in database]
            since = {(p.kind, p.name, p.version): since.get((p.kind, p.name, p.version), step) for p in listed}
    found = {
        (p.kind, p.name, p.version): replace(p, step=since.get((p.kind, p.name, p.version), BASE_IMAGE))
        for database in databases.values()
        for p in database
    }
    return found.values()


def _shares(layer: LayerContents, step: Step) -> Iterator[Share]:
    """Where a layer's bytes lie: the few folders and files that hold most of them."""
    if not layer.is_deep:
        return
    sizes, counts, children = _tree(layer)
    total = sizes.get("", 0)
    waiting = list(children[""])
    shares = []
    while waiting:
        path = waiting.pop()
        size = sizes[path]
        if size < max(1, _LEAST_SHARE * total):
            continue
        below = children.get(path, ())
        if below and max(sizes[child] for child in below) >= _MOSTLY * size:
            waiting += below
            continue
        shares.append(Share(path, size, counts[path], step))
    yield from sorted(shares, key=lambda share: (-share.size, share.path))[:_MOST_SHARES]


def _tree(layer: LayerContents) -> tuple[Mapping[str, int], Mapping[str, int], Mapping[str, set[str]]]:
    """Bytes, files and children of every folder of a layer, and of its files; all empty where the names take too much."""
    sizes: dict[str, int] = defaultdict(int)
    counts: dict[str, int] = defaultdict(int)
    children: dict[str, set[str]] = defaultdict(set)
    by_folder: dict[str, tuple[int, int]] = {}
    for path, size in zip(layer.paths, layer.sizes, strict=True):
        if size > 0:
            folder = path.rpartition("/")[0]
            is_deep = folder.count("/") >= _DEEPEST
            folder = "/".join(folder.split("/", _DEEPEST)[:_DEEPEST]) if is_deep else folder
            known = by_folder.get(folder, (0, 0))
            by_folder[folder] = (known[0] + size, known[1] + 1)
            if not is_deep and (size >= 100_000 or len(layer.paths) < 200):
                sizes[path], counts[path] = size, 1
                children[folder].add(path)
    left = _FOLDER_NAMES
    for folder, (size, count) in by_folder.items():
        while True:
            left -= 0 if folder in sizes else len(folder)
            if left < 0:
                return {}, {}, {"": set()}
            sizes[folder] += size
            counts[folder] += count
            if not folder:
                break
            above = folder.rpartition("/")[0]
            children[above].add(folder)
            folder = above
    return sizes, counts, children
