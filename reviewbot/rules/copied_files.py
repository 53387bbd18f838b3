"""Which files of the build context a stage has at some point, as far as its COPY instructions tell."""

from __future__ import annotations

import fnmatch
import posixpath

from reviewbot.facts import Facts
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_ROOTS = (".", "./", "/", "")


def has_file(dockerfile: Dockerfile, stage: Stage, before: Instruction, name: str, facts: Facts) -> bool:
    """Whether a file of this name was copied, or is mounted, by the time an instruction runs.

    True where a source names it; for folders and patterns, where the context is known to hold it and its ignore
    file lets it through.
    """
    for each in stage.lineage:
        for instruction in each.all("COPY", "ADD"):
            if instruction.span.start >= before.span.start or instruction.flag("from"):
                continue
            for word in instruction.sources:
                if _brings(dockerfile, dockerfile.expand(word.value, instruction) or word.value, name, facts):
                    return True
    return any(posixpath.basename(flag.value or "") == name for flag in before.flags_named("mount"))


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
