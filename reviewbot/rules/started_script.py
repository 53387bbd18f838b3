"""The script of the build context that a container starts with."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.rules.base_image import base_folder
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage, Word
from reviewbot.source.text import Span, Text
from reviewbot.source.working_directory import working_directory
from reviewbot.source.wrappers import POSIX_SHELLS, base_name

_INITS = frozenset({"tini", "dumb-init", "catatonit", "s6-svscan", "env"})
_ON_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class StartedScript(Struct, frozen=True):
    """A file of the repository that ENTRYPOINT or CMD starts, and the COPY that brings it in.

    ``place`` is its path in the image, ``named_at`` where the Dockerfile names it. ``interpreter`` is the shell that
    is started to read it; None where the file itself is started. ``has_init``: an init that hands signals to all
    processes below it comes first.
    """

    instruction: Instruction
    stage: Stage
    copy: Instruction
    path: str
    place: str
    named_at: Span
    interpreter: str | None
    text: Text
    has_init: bool = False


def started_scripts(dockerfile: Dockerfile, facts: Facts) -> tuple[StartedScript, ...]:
    """The scripts that the image's ENTRYPOINT and CMD start, as far as they lie in the build context."""
    key = "started scripts", id(dockerfile)
    if key not in facts.memory:
        # Kept with it, so that no other one can have its identity while this is remembered.
        facts.memory[key] = dockerfile, tuple(_found(dockerfile, facts))
    scripts: tuple[StartedScript, ...] = facts.memory[key][1]
    return scripts


def _found(dockerfile: Dockerfile, facts: Facts) -> Iterator[StartedScript]:
    stage = dockerfile.final_stage
    if dockerfile.is_windows(stage):
        return
    folder = working_directory(
        dockerfile, stage, dockerfile.instructions[-1].span.end, base_folder(dockerfile, stage, facts)
    )
    entrypoint = stage.last("ENTRYPOINT")
    for instruction in (entrypoint, stage.last("CMD")):
        # What CMD says behind an entrypoint is that program's argument: only a script that passes it on starts it.
        if instruction is None or (instruction.keyword == "CMD" and entrypoint is not None):
            continue
        named = _named(instruction)
        if named is None:
            continue
        word, interpreter = named
        for place in _places(word.value, folder):
            found = _source_of(place, dockerfile, facts)
            text = facts.tree.read(found[1]) if found else None
            if found is not None and text is not None:
                has_init = _has_init(instruction)
                yield StartedScript(
                    instruction, stage, found[0], found[1], place, word.span, interpreter, text, has_init
                )
                break


def _named(instruction: Instruction) -> tuple[Word, str | None] | None:
    """The word that names what is started, behind an init and a shell, and that shell."""
    if instruction.is_json:
        words = list(instruction.words)
    elif instruction.script is not None and instruction.script.simple_words is not None:
        words = [Word(w.span, w.raw, w.value) for w in instruction.script.simple_words]
    else:
        return None
    interpreter = None
    while words:
        name = base_name(words[0].value)
        if name in _INITS or name.startswith("-") or (name in POSIX_SHELLS and interpreter is None):
            if name.startswith("-") and "c" in name and interpreter:
                return None
            interpreter = name if name in POSIX_SHELLS else interpreter
            words.pop(0)
        else:
            return words[0], interpreter
    return None


def _has_init(instruction: Instruction) -> bool:
    words = [base_name(word.value) for word in instruction.words]
    return words[:1] == ["dumb-init"] or (words[:1] == ["tini"] and "-g" in words)


def _places(name: str, folder: str | None) -> list[str]:
    """Where in the image a name may lie."""
    if name.startswith("/"):
        return [posixpath.normpath(name)]
    if "/" in name:
        return [posixpath.normpath(posixpath.join(folder, name))] if folder else []
    return [posixpath.join(each, name) for each in _ON_PATH]


def _source_of(place: str, dockerfile: Dockerfile, facts: Facts) -> tuple[Instruction, str] | None:
    """The last COPY that brings a file of the context to this place, and the file's path in the repository."""
    context = facts.context_of(dockerfile.path)
    ignore = facts.ignore_file_for(dockerfile.path)
    for stage in reversed(dockerfile.shipped_stages):
        for instruction in reversed(stage.all("COPY", "ADD")):
            if instruction.flag("from") is not None or instruction.flag("parents") is not None:
                continue
            for source in _candidates(place, instruction, stage, dockerfile, facts):
                path = posixpath.normpath(posixpath.join(context, source))
                if facts.tree.size(path) is not None and not (ignore is not None and ignore.excludes(source)):
                    return instruction, path
    return None


def _candidates(
    place: str, instruction: Instruction, stage: Stage, dockerfile: Dockerfile, facts: Facts
) -> Iterator[str]:
    """The paths in the context that would come to lie at a place, if they are there."""
    if instruction.destination is None:
        return
    base = base_folder(dockerfile, stage, facts)
    folder = working_directory(dockerfile, stage, instruction.span.start, base)
    written = dockerfile.expand(instruction.destination.value, instruction)
    if written is None or (folder is None and not written.startswith("/")):
        return
    target = posixpath.normpath(posixpath.join(folder or "/", written))
    for word in instruction.sources:
        source = dockerfile.expand(word.value, instruction)
        if source is None or "://" in source:
            continue
        source = posixpath.normpath("/" + source).lstrip("/")
        name = posixpath.basename(place)
        if place == target:
            yield source
        if posixpath.dirname(place) == target and fnmatch.fnmatchcase(name, posixpath.basename(source) or "*"):
            yield posixpath.join(posixpath.dirname(source), name)
        if place.startswith(f"{target.rstrip('/')}/"):
            yield posixpath.join(source, place[len(target.rstrip("/")) + 1 :])
