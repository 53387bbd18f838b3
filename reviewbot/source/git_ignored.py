"""What a repository keeps out of its commits on purpose: files that ``.gitignore`` names, and submodules."""

from __future__ import annotations

import re
from collections.abc import Callable

from reviewbot.source.ignore_pattern import PathPattern
from reviewbot.source.text import Text

_MOST_PATTERNS = 2000
_SUBMODULE = re.compile(r"^[ \t]*path[ \t]*=[ \t]*(?P<path>[^\r\n]*?)[ \t]*\r?$", re.M)


def is_left_out(path: str, read: Callable[[str], Text | None]) -> bool:
    """Whether a path that is not in the tree may well be there when somebody works with it.

    ``read`` gives the tree's files. So it is with submodules, and with what the ``.gitignore`` of one of its folders
    names; a name without ``/`` there stands for every file of that name.
    """
    folders = path.split("/")
    for depth in range(len(folders)):
        folder = "/".join(folders[:depth])
        text = read(f"{folder}/.gitignore" if folder else ".gitignore")
        if text is not None and _is_ignored("/".join(folders[depth:]), text):
            return True
    modules = read(".gitmodules")
    submodules = [match["path"] for match in _SUBMODULE.finditer(modules.content)] if modules else []
    return any(path == place or path.startswith(f"{place}/") for place in submodules)


def _is_ignored(path: str, text: Text) -> bool:
    """By the last pattern that fits the path or one of its folders."""
    ignored = False
    parts = path.split("/")
    heads = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    for line in text.content.splitlines()[:_MOST_PATTERNS]:
        written = line.strip()
        if not written or written.startswith("#"):
            continue
        negated = written.startswith("!")
        pattern = written.removeprefix("!").rstrip("/")
        candidates = heads if "/" in pattern else parts
        try:
            compiled = PathPattern(pattern.lstrip("/"))
            fits = any(compiled.matches(candidate) for candidate in candidates)
        except re.error:
            continue
        if fits:
            ignored = not negated
    return ignored
