"""What an image's layers add, before and after: each instruction paired with what it was."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta, Pairing
from reviewbot.image.size.attribute import Attribution, Layer
from reviewbot.image.size.regroup import regrouped

NOISE_BYTES = 100_000
NOISE_SHARE = 0.001
"""A difference within both (the share is of the image) is what two builds of the same files may show."""

_SHOWN = 1_000
"""Characters of an instruction that are shown."""
_COMPARED = 4_000
"""Characters of an instruction that count for how alike two of them are."""
_ALIKE = 0.2
"""The share of common words from which an instruction counts as another one edited."""

_ASSIGNED = re.compile(r"\b([A-Za-z_]\w*)=")
_REFERENCE = re.compile(r"\$\{?([A-Za-z_]\w*)")


class Pair(NamedTuple):
    """A layer of the base and the layer of the head that took its place; one of them is None for one that is new or
    gone."""

    before: Layer | None
    after: Layer | None
    is_moved: bool = False


def compare(before: Attribution | None, after: Attribution) -> tuple[tuple[LayerDelta, ...], ImageSize]:
    """The layers of the head with what each was in the base, in the head's order, removed ones where they stood.

    Without a base every layer is an added one.
    """
    size = ImageSize(
        before=_total(before) if before else None,
        after=_total(after),
        base_image_before=before.base_size if before else None,
        base_image_after=after.base_size,
    )
    if before is None:
        return tuple(_delta(None, layer, LayerChange.ADDED) for layer in after.layers), size
    same_base = before.base_layers is not None and before.base_layers == after.base_layers
    return tuple(_judged(pair_layers(before.layers, after.layers), same_base, size.after)), size


def pair_layers(before: Sequence[Layer], after: Sequence[Layer]) -> list[Pair]:
    """Pair equal instructions, split and merged ones, then edited ones of the same keyword in order, then moved ones."""
    pairs: list[Pair] = []
    before = regrouped(before, after)
    blocks = SequenceMatcher(None, [x.text for x in before], [x.text for x in after], autojunk=False)
    for kind, old_first, old_last, new_first, new_last in blocks.get_opcodes():
        if kind == "equal":
            pairs += map(Pair, before[old_first:old_last], after[new_first:new_last])
        else:
            pairs += _edited(before[old_first:old_last], after[new_first:new_last])
    return _with_moves(pairs)


def _edited(old: Sequence[Layer], new: Sequence[Layer]) -> Iterator[Pair]:
    """The alignment of two runs of different instructions that pairs what is most alike, keeping the order."""
    columns = len(new) + 1
    words = [[Counter(layer.instruction[:_COMPARED].split()[1:]) for layer in layers] for layers in (old, new)]
    likeness = [
        [_likeness(words[0][i], words[1][j]) if old[i].keyword == new[j].keyword else 0.0 for j in range(len(new))]
        for i in range(len(old))
    ]
    best = [[0.0] * columns for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], likeness[i][j] + best[i + 1][j + 1])
    i = j = 0
    while i < len(old) and j < len(new):
        if likeness[i][j] > 0 and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            yield Pair(old[i], new[j])
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield Pair(old[i], None)
            i += 1
        else:
            yield Pair(None, new[j])
            j += 1
    yield from (Pair(layer, None) for layer in old[i:])
    yield from (Pair(None, layer) for layer in new[j:])


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """How many words two instructions share, up to 1; 0 for hardly any."""
    total = one.total() + other.total()
    share = 2 * (one & other).total() / total if total else 1.0
    return share if share >= _ALIKE else 0.0


def _with_moves(pairs: Sequence[Pair]) -> list[Pair]:
    """Put an instruction that is gone in one place together with the same one that is new in another."""
    gone: dict[str, deque[Layer]] = defaultdict(deque)
    for before, after, _ in pairs:
        if before is not None and after is None:
            gone[before.text].append(before)
    moved: set[int] = set()
    joined: list[Pair] = []
    for before, after, _ in pairs:
        is_moved = before is None and after is not None and bool(gone[after.text])
        if is_moved and after is not None:
            before = gone[after.text].popleft()
            moved.add(id(before))
        joined.append(Pair(before, after, is_moved))
    return [pair for pair in joined if not (pair.after is None and id(pair.before) in moved)]


def _judged(pairs: Sequence[Pair], same_base: bool, total: int) -> Iterator[LayerDelta]:
    """What became of each layer; ``same_inputs`` holds until the first one that is really another."""
    same_inputs = same_base
    changed_variables: set[str] = set()
    for before, after, is_moved in pairs:
        if before is not None and after is not None:
            same_inputs = same_inputs and before.text == after.text and before.settings == after.settings
            same_inputs = same_inputs and before.pairing is Pairing.SAME
            changed_variables.update(_variables(set(before.settings) ^ set(after.settings)))
            change = _change(before, after, same_inputs, changed_variables, total)
            yield _delta(before, after, change, is_moved)
            same_inputs = same_inputs and (before.diff_id == after.diff_id or not after.reads_elsewhere)
        elif after is not None:
            yield _delta(None, after, LayerChange.ADDED)
            same_inputs = False
        elif before is not None:
            yield _delta(before, None, LayerChange.REMOVED)
            same_inputs = False


def _change(before: Layer, after: Layer, same_inputs: bool, changed_variables: set[str], total: int) -> LayerChange:
    difference = after.size - before.size
    if difference == 0:
        return LayerChange.SAME
    if before.text == after.text and after.keyword == "RUN":
        # What ran again for another reason than its own: a few bytes more or less are not what the change did.
        is_noise = abs(difference) <= min(NOISE_BYTES, NOISE_SHARE * total)
        reads_change = not changed_variables.isdisjoint(_REFERENCE.findall(after.text))
        if (is_noise and not reads_change) or (same_inputs and not after.reads_elsewhere):
            return LayerChange.DRIFT
    return LayerChange.GROWN if difference > 0 else LayerChange.SHRUNK


def _variables(settings: Collection[str]) -> Iterator[str]:
    """Names that ENV and ARG entries, and the arguments of RUN entries, give values to."""
    for entry in settings:
        yield from _ASSIGNED.findall(entry)


def _delta(before: Layer | None, after: Layer | None, change: LayerChange, is_moved: bool = False) -> LayerDelta:
    shown = after or before
    if shown is None:
        raise ValueError("a pair without a layer")
    return LayerDelta(
        instruction=_shortened(shown.instruction),
        line=shown.line,
        before=before.size if before else None,
        after=after.size if after else None,
        change=change,
        pairing=_pairing(before, after, is_moved),
    )


def _pairing(before: Layer | None, after: Layer | None, is_moved: bool) -> Pairing:
    if before is None or after is None:
        return Pairing.NONE
    if before.text != after.text:
        return Pairing.EDITED
    return Pairing.MOVED if is_moved else before.pairing


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _total(parts: Attribution) -> int:
    return parts.base_size + sum(layer.size for layer in parts.layers)
