"""Compose files with names of their own: known as such because another Compose file includes or extends them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator

from reviewbot.source.compose import parse_compose
from reviewbot.source.compose_project.dotenv import plain_values, read_dotenv
from reviewbot.source.compose_project.sets import files_of_variable, named_files
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

MOST_FILES = 400


def linked_files(
    compose_files: Iterable[str], there: Collection[str], read: Callable[[str], Text | None]
) -> tuple[str, ...]:
    """The further files that these Compose files include or extend, directly or not, and those that ``COMPOSE_FILE``
    of a ``.env`` beside them names; ``there`` are the paths that count. At most ``MOST_FILES`` files are read.
    """
    pending = list(compose_files)
    known = set(pending)
    found: list[str] = []
    folders: set[str] = set()
    left = MOST_FILES
    while pending and left > 0:
        path = pending.pop(0)
        left -= 1
        names = set(_named_in(path, read(path)))
        folder = posixpath.dirname(path)
        if folder not in folders:
            folders.add(folder)
            names.update(_named_by_variable(folder, read))
        for name in sorted(names - known):
            if name in there:
                known.add(name)
                found.append(name)
                pending.append(name)
    return tuple(found)


def _named_in(path: str, text: Text | None) -> frozenset[str]:
    # Most files name no other one, and need not be read for it.
    if text is None or not ("extends" in text.content or "include" in text.content):
        return frozenset()
    try:
        documents = parse_compose(text).documents
    except SourceProblem:
        return frozenset()
    return frozenset().union(*(named_files(path, document) for document in documents))


def _named_by_variable(folder: str, read: Callable[[str], Text | None]) -> Iterator[str]:
    text = read(posixpath.join(folder, ".env"))
    if text is not None and "COMPOSE_FILE" in text.content:
        yield from files_of_variable(folder, plain_values(read_dotenv(text, {})).get("COMPOSE_FILE"))
