"""Steps that do the same in other instructions: one RUN that became several, several that became one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from reviewbot.image.model.size import Pairing
from reviewbot.image.size.attribute import Layer

_BETWEEN = re.compile(r"\s*(?:&&|;|\n)\s*")
_MOST = 200
"""Layers of one image that are compared."""


def regrouped(before: Sequence[Layer], after: Sequence[Layer]) -> list[Layer]:
    """The base's layers as the head divides them: so that a step that was split or merged meets its like.

    A layer that became several is told as those several; its bytes go to each as far as that one has them, the last one
    has the rest. Several that became one are told as one with all their bytes. Sizes add up to what they were.
    """
    texts = {layer.text for layer in before} & {layer.text for layer in after}
    old = list(before)
    if len(before) > _MOST or len(after) > _MOST:
        return old
    for run in _runs([layer for layer in after if layer.text not in texts]):
        position = _whole(old, run, texts)
        if position is not None:
            old[position : position + 1] = _split(old[position], run)
            texts.update(layer.text for layer in run)
    for layer in after:
        if layer.text in texts or layer.keyword != "RUN":
            continue
        span = _parts(old, layer, texts)
        if span is not None:
            old[span] = [_merged(old[span], layer)]
            texts.add(layer.text)
    return old


def commands(layer: Layer) -> tuple[str, ...]:
    """The commands of a RUN as they stand in its text, flags of the instruction apart; none for anything else."""
    if layer.keyword != "RUN" or "<<" in layer.text:
        return ()
    words = layer.text.split()[1:]
    while words and words[0].startswith("--"):
        words.pop(0)
    return tuple(
        part for part in _BETWEEN.split(" ".join(words)) if part and part not in ("set -e", "set -eux", "set -ex")
    )


def _runs(layers: Sequence[Layer]) -> Iterator[Sequence[Layer]]:
    """Every two or more RUNs in a row, the longest first."""
    for length in range(min(len(layers), 12), 1, -1):
        for start in range(len(layers) - length + 1):
            run = layers[start : start + length]
            if all(layer.keyword == "RUN" for layer in run):
                yield run


def _whole(old: Sequence[Layer], run: Sequence[Layer], texts: set[str]) -> int | None:
    """Which layer of the base does what all of a run do."""
    if any(layer.text in texts for layer in run):
        return None
    wanted = tuple(command for layer in run for command in commands(layer))
    found = (n for n, layer in enumerate(old) if layer.text not in texts and commands(layer) == wanted)
    return next(found, None) if wanted else None


def _parts(old: Sequence[Layer], layer: Layer, texts: set[str]) -> slice | None:
    """Which layers of the base in a row do together what one does."""
    wanted = commands(layer)
    for start in range(len(old)):
        done: tuple[str, ...] = ()
        for end in range(start, len(old)):
            if old[end].text in texts or not commands(old[end]):
                break
            done += commands(old[end])
            if len(done) >= len(wanted):
                if done == wanted and end > start:
                    return slice(start, end + 1)
                break
    return None


def _split(layer: Layer, run: Sequence[Layer]) -> list[Layer]:
    left = layer.size
    parts = []
    for n, part in enumerate(run):
        size = left if n == len(run) - 1 else min(left, part.size)
        left -= size
        parts.append(replace(layer, text=part.text, size=size, diff_id=None, pairing=Pairing.SPLIT))
    return parts


def _merged(layers: Sequence[Layer], into: Layer) -> Layer:
    size = sum(layer.size for layer in layers)
    settings = tuple(setting for layer in layers for setting in layer.settings)
    return replace(layers[0], text=into.text, size=size, settings=settings, diff_id=None, pairing=Pairing.MERGED)
