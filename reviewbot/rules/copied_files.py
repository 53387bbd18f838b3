"""What COPY instructions bring into a stage: which files of the build context, and where they are in the image."""

from __future__ import annotations

import fnmatch
import math
import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct, field

from reviewbot.facts import Facts
from reviewbot.rules.base_image import base_folder
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.working_directory import working_directory

_ARCHIVE = re.compile(r"\.(?:tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz)$")
_MOST_SOURCES = 200
"""Of one instruction that are looked at."""


class CopiedFiles(Struct):
    """Which files of the build context a stage has at some point, as far as its COPY instructions tell."""

    dockerfile: Dockerfile
    stage: Stage
    facts: Facts
    _arrivals: dict[str, float] = field(default_factory=dict)

    def has(self, name: str, before: Instruction) -> bool:
        """Whether a file of this name was copied, or is mounted, by the time an instruction runs.

        True where a source names it; for folders and patterns, where the context is known to hold it and its ignore
        file lets it through.
        """
        if name not in self._arrivals:
            self._arrivals[name] = self._arrival(name)
        mounted = any(posixpath.basename(flag.value or "") == name for flag in before.flags_named("mount"))
        return mounted or self._arrivals[name] < before.span.start

    def _arrival(self, name: str) -> float:
        for each in self.stage.lineage:
            for instruction in each.all("COPY", "ADD"):
                if instruction.flag("from"):
                    continue
                for word in instruction.sources:
                    source = self.dockerfile.expand(word.value, instruction) or word.value
                    if _brings(self.dockerfile, source, name, self.facts):
                        return instruction.span.start
        return math.inf


def context_has(dockerfile: Dockerfile, name: str, facts: Facts) -> bool:
    """Whether the root of the build context holds a file, and its ignore file lets it through."""
    return bool(_sent(dockerfile, name, facts))


def _brings(dockerfile: Dockerfile, source: str, name: str, facts: Facts) -> bool:
    if posixpath.basename(source) == name:
        return True
    if posixpath.normpath(source or ".") in (".", "/"):
        return _sent(dockerfile, name, facts)
    if any(char in source for char in "*?["):
        path = posixpath.join(posixpath.dirname(source), name)
        return fnmatch.fnmatchcase(name, posixpath.basename(source)) and _sent(dockerfile, path.lstrip("/"), facts)
    return _sent(dockerfile, posixpath.join(source, name).lstrip("/"), facts)


def _sent(dockerfile: Dockerfile, path: str, facts: Facts) -> bool:
    path = posixpath.normpath(path)
    ignore = facts.ignore_file_for(dockerfile.path)
    if ignore is not None and ignore.excludes(path):
        return False
    return facts.tree.size(posixpath.join(facts.context_of(dockerfile.path), path)) is not None


class Copied(Struct, frozen=True):
    """What one source of a COPY or ADD (or a download) becomes in the image: its absolute path there.

    ``size`` are its bytes in the build context; None where they are not known, as for the whole context, whose
    untracked files nobody has counted. A folder's contents go to ``path``.
    """

    instruction: Instruction
    path: str
    size: int | None
    is_folder: bool = False


def copied_by(dockerfile: Dockerfile, stage: Stage, instruction: Instruction, facts: Facts) -> Iterator[Copied]:
    """What a COPY or ADD brings, as far as its places are known. Patterns and unpacked archives are left out."""
    if instruction.destination is None or instruction.heredocs:
        return
    written = dockerfile.expand(instruction.destination.value, instruction)
    base = base_folder(dockerfile, stage, facts)
    folder = working_directory(dockerfile, stage, instruction.span.start, base)
    if written is None or (not written.startswith("/") and folder is None):
        return
    target = posixpath.normpath(posixpath.join(folder or "/", written))
    into_folder = written.endswith(("/", "/.")) or written in (".", "..") or len(instruction.sources) > 1
    for word in instruction.sources[:_MOST_SOURCES]:
        source = dockerfile.expand(word.value, instruction)
        if source is None or any(char in source for char in "*?[") or "://" in source:
            continue
        foreign = instruction.flag("from") is not None
        size, is_folder = (None, source.endswith("/")) if foreign else _in_context(dockerfile, source, facts)
        name = posixpath.basename(source.rstrip("/"))
        if instruction.keyword == "ADD" and _ARCHIVE.search(name):
            continue
        path = posixpath.join(target, name) if into_folder and not is_folder and name not in ("", ".") else target
        yield Copied(instruction, path, size, is_folder)


def _in_context(dockerfile: Dockerfile, source: str, facts: Facts) -> tuple[int | None, bool]:
    """The bytes of a source in the build context, where it is there, and whether it is a folder."""
    context = facts.context_of(dockerfile.path)
    path = posixpath.normpath(posixpath.join(context, source.lstrip("/")))
    size = facts.tree.size(path) if path != "." else None
    if size is not None:
        return size, False
    ignore = facts.ignore_file_for(dockerfile.path)
    start = len(context) + 1 if context else 0
    within = "" if path == "." else path
    prefix = f"{within}/" if within else ""
    sizes = [
        size
        for each, size in facts.files_in(within).items()
        if not (ignore and ignore.excludes(f"{prefix}{each}"[start:]))
    ]
    named = source.endswith("/") or posixpath.normpath(source) in (".", "/")
    return (sum(sizes), True) if sizes and path not in (".", context) else (None, named)
