"""Which instruction made which layer: an image's history laid over its Dockerfile.

A builder writes one history entry for each instruction of the target stage and the stages it is FROM, oldest first,
after those of the base image. Matched by order and by text; where that does not fit, nothing is guessed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.image.build.log import clean
from reviewbot.image.model.config import HistoryEntry, ImageInfo
from reviewbot.image.model.size import Pairing
from reviewbot.source.dockerfile import Instruction, Stage, parse_dockerfile
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

REMAINDER = "(metadata)"
"""What bytes are called that the engine counts for the image and for no entry of its history."""

_IMPORTED = "(imported)"
"""What a layer is called whose history has no word of how it was made."""

_LAYER_KEYWORDS = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
_NOT_LITERAL = re.compile(r"[$\"'\\`\ufffd]")
_ARGUMENTS_OF_RUN = re.compile(r"RUN \|\d+ ")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


class BaseImage(Struct, frozen=True):
    """The external image a build starts from, as far as the engine knows it."""

    info: ImageInfo
    history: tuple[HistoryEntry, ...]


class Layer(Struct, frozen=True):
    """A layer of the image's own: the instruction on one line, and the bytes it added.

    ``line`` is the instruction's first line, that of the FROM for what an ONBUILD of the base does; None when it is
    not known. ``text`` is all of the instruction, bodies of heredocs included: two instructions are the same when
    their texts are. ``settings`` are the history entries that say under which ENV, ARG, USER and so on it ran, since
    the layer before. ``diff_id`` is the digest of its content, where it can be told. ``reads_elsewhere`` marks one that
    takes files from the commit or another stage: what those hold, its text does not say.
    """

    instruction: str
    keyword: str
    line: int | None
    size: int
    text: str
    settings: tuple[str, ...] = ()
    diff_id: str | None = None
    reads_elsewhere: bool = False
    pairing: Pairing = Pairing.SAME
    """For a layer of the base: how it stands to the head's one with the same text."""


class Attribution(Struct, frozen=True):
    """An image in parts: ``base_size`` plus all layers' sizes is the image's size.

    ``base_layers`` are the diff ids below the own layers, None when they cannot be told. ``problem`` says why
    instructions and layers do not fit together, None when they do.
    """

    base_size: int
    base_layers: tuple[str, ...] | None
    layers: tuple[Layer, ...]
    problem: str | None = None


class _Step(Struct, frozen=True):
    """An instruction that leaves an entry in the history; ``trigger_of`` is the FROM that an ONBUILD runs at."""

    instruction: Instruction
    trigger_of: Instruction | None = None

    @property
    def keyword(self) -> str:
        return self.instruction.keyword

    def made(self, entry: HistoryEntry) -> bool:
        """Whether an entry is this instruction's."""
        keyword, _, text = _squeezed(entry.created_by.removesuffix(" # buildkit")).partition(" ")
        if keyword != self.keyword:
            return False
        match self.keyword:
            case "RUN":
                return self._ran(text)
            case "COPY" | "ADD":
                return _in_order([word.value for word in self.instruction.words], text)
            case "WORKDIR":
                return self._changed_to(text)
        return True

    def _ran(self, text: str) -> bool:
        instruction = self.instruction
        if instruction.heredocs:
            bodies = (_squeezed(heredoc.content) for heredoc in instruction.heredocs)
            return _squeezed(instruction.argument_text) in text or any(body and body in text for body in bodies)
        words = " ".join(word.value for word in instruction.words) if instruction.is_json else instruction.argument_text
        return text.endswith(_squeezed(words))

    def _changed_to(self, text: str) -> bool:
        folder = self.instruction.argument_text
        if _NOT_LITERAL.search(folder) or ".." in folder:
            return True
        return posixpath.normpath(text).endswith(posixpath.normpath(folder).removeprefix("."))

    def layer(self, entry: HistoryEntry, settings: Sequence[str], diff_id: str | None) -> Layer:
        instruction = self.instruction
        text = instruction_text(instruction)
        return Layer(
            instruction=clean(f"ONBUILD {text}" if self.trigger_of else text),
            keyword=self.keyword,
            line=(self.trigger_of or instruction).line,
            size=entry.size,
            text="\n".join((text, *(heredoc.content for heredoc in instruction.heredocs))),
            settings=tuple(settings),
            diff_id=diff_id,
            reads_elsewhere=self.keyword in ("COPY", "ADD") or instruction.flag("mount") is not None,
        )


def instruction_text(instruction: Instruction) -> str:
    """An instruction on one line, flags included."""
    flags = (f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}") for flag in instruction.flags)
    return _squeezed(" ".join((instruction.keyword, *flags, instruction.argument_text)))


def attribute(
    target: Stage, image: ImageInfo, history: Sequence[HistoryEntry], base: BaseImage | None = None
) -> Attribution:
    """Lay the history of a built image (oldest entry first) over the stage it was built from.

    ``base`` is the external image that the lineage starts from, where the engine has it: then it is known exactly
    where the base ends.
    """
    if base is not None and tuple(history[: len(base.history)]) != base.history:
        base = None
    starts_from_scratch = target.lineage[0].base.lower() == "scratch"
    steps = list(_steps(target, base))
    matched = _match(steps, history)
    end_of_base = 0 if starts_from_scratch else len(base.history) if base else None
    fits = matched is not None and end_of_base in (None, matched[0][1] if matched else len(history))
    if matched is not None and fits:
        start = matched[0][1] if matched else len(history)
        base_layers = _layers_below(image, history[start:], end_of_base if not base else len(base.info.layers))
        diff_ids = image.layers[len(base_layers) :] if base_layers is not None else ()
        layers = _own_layers(matched, history, diff_ids)
    else:
        start = max(0, len(history) - _least_entries(steps, history)) if end_of_base is None else end_of_base
        base_layers = None
        layers = [_unknown(entry) for entry in history[start:] if _has_layer(entry)]
    base_size = sum(entry.size for entry in history[:start])
    remainder = image.size - base_size - sum(layer.size for layer in layers)
    if remainder:
        layers.append(Layer(REMAINDER, "", None, remainder, REMAINDER))
    return Attribution(
        base_size, base_layers, tuple(layers), None if fits else "its history does not fit its instructions"
    )


def from_history(image: ImageInfo, history: Sequence[HistoryEntry]) -> Attribution:
    """An image told by its history alone: every entry with a layer, without lines, above no base."""
    layers = [_unknown(entry) for entry in history if _has_layer(entry)]
    layers = [replace(layer, instruction=_IMPORTED) if layer.instruction == REMAINDER else layer for layer in layers]
    fits = len(layers) == len(image.layers)
    if fits:
        layers = [replace(layer, diff_id=digest) for layer, digest in zip(layers, image.layers, strict=True)]
    remainder = image.size - sum(layer.size for layer in layers)
    if remainder:
        layers.append(Layer(REMAINDER, "", None, remainder, REMAINDER))
    return Attribution(0, () if fits else None, tuple(layers), None if fits else "its history does not fit its layers")


def _layers_below(image: ImageInfo, own: Sequence[HistoryEntry], expected: int | None) -> tuple[str, ...] | None:
    """The layers of the base image; None when their number is not the expected one."""
    below = len(image.layers) - sum(map(_has_layer, own))
    return image.layers[:below] if below >= 0 and expected in (None, below) else None


def _own_layers(
    matched: Sequence[tuple[_Step, int]], history: Sequence[HistoryEntry], diff_ids: Sequence[str]
) -> list[Layer]:
    """The layers of matched steps; ``diff_ids`` has one for each, or is empty."""
    layers: list[Layer] = []
    settings: list[str] = []
    for step, n in matched:
        settings.append(history[n].created_by)
        if _has_layer(history[n]):
            diff_id = diff_ids[len(layers)] if diff_ids else None
            layers.append(step.layer(history[n], settings, diff_id))
            settings = []
    return layers


def _steps(target: Stage, base: BaseImage | None) -> Iterator[_Step]:
    """The instructions that leave entries, oldest first, ONBUILD triggers where they run."""
    for stage in target.lineage:
        if stage.parent is not None:
            inherited = [i.trigger for i in stage.parent.all("ONBUILD") if i.trigger is not None]
        else:
            inherited = _parsed(base.info.triggers) if base else []
        yield from (_Step(trigger, stage.from_instruction) for trigger in inherited)
        yield from (_Step(i) for i in stage.instructions if i.keyword != "ONBUILD")


def _parsed(triggers: Sequence[str]) -> list[Instruction]:
    """Triggers of a base image's configuration, as instructions; none when one of them does not parse."""
    try:
        dockerfile = parse_dockerfile(Text("", "\n".join(("FROM scratch", *triggers))))
    except SourceProblem:
        return []
    return list(dockerfile.final_stage.instructions)


def _match(steps: Sequence[_Step], history: Sequence[HistoryEntry]) -> list[tuple[_Step, int]] | None:
    """Each step with the index of its entry, oldest first; None when one has none. Some builders note no ARG."""
    position = len(history)
    matched: list[tuple[_Step, int]] = []
    for step in reversed(steps):
        if position > 0 and step.made(history[position - 1]):
            position -= 1
            matched.append((step, position))
        elif step.keyword != "ARG":
            return None
    return matched[::-1]


def _least_entries(steps: Sequence[_Step], history: Sequence[HistoryEntry]) -> int:
    notes_args = any(entry.created_by.startswith("ARG ") for entry in history)
    return sum(notes_args or step.keyword != "ARG" for step in steps)


def _has_layer(entry: HistoryEntry) -> bool:
    keyword = entry.created_by.partition(" ")[0]
    return entry.size > 0 or (keyword in _LAYER_KEYWORDS and entry.created_by != "WORKDIR /")


def _unknown(entry: HistoryEntry) -> Layer:
    text = _as_written(entry.created_by.removesuffix(" # buildkit"))
    text = "RUN" if _ARGUMENTS_OF_RUN.match(text) else clean(_squeezed(text))
    return Layer(text or REMAINDER, text.partition(" ")[0], None, entry.size, text)


def _as_written(text: str) -> str:
    """A history entry without the shell that builders put before it: ``RUN /bin/sh -c make``, ``/bin/sh -c #(nop) CMD``."""
    before, shell, command = text.partition("/bin/sh -c ")
    if not shell or before not in ("", "RUN "):
        return text
    is_marked = command.startswith("#(nop) ")
    return command.removeprefix("#(nop) ").lstrip() if is_marked else f"RUN {command}"


def _squeezed(text: str) -> str:
    """White space runs as one blank; bytes that are no text as the engine shows them."""
    return " ".join(_SURROGATES.sub("\ufffd", text).split())


def _in_order(words: Sequence[str], text: str) -> bool:
    """Whether the words that need no resolving occur in a text, in order."""
    position = 0
    for word in map(_squeezed, words):
        if _NOT_LITERAL.search(word):
            continue
        found = text.find(word, position)
        if found < 0:
            return False
        position = found + len(word)
    return True
