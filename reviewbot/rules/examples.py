"""The examples in a rule's docstring: shown on its page, and run as its tests."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

_HEADING = re.compile(r"^(Bad|Good|Also good)(?: \((?P<note>[^)]*)\))?:$")
_FILE = re.compile(r"^--- (?P<path>\S.*)$")
_MARK = re.compile(r"[ \t]*# <- finding[ \t]*$")


class Example(Struct, frozen=True):
    """A small repository: file contents by path, and the lines on which a finding is expected."""

    kind: str
    """``Bad``, ``Good`` or ``Also good``."""
    note: str
    files: Mapping[str, str]
    marked: tuple[tuple[str, int], ...]
    """``(path, line)`` of every ``# <- finding``; the mark itself is not in the file."""


class Documentation(Struct, frozen=True):
    """A docstring taken apart: its text (Markdown), and its examples in order."""

    text: str
    examples: tuple[Example, ...]

    @property
    def repairs(self) -> tuple[tuple[Example, Example | None], ...]:
        """Each Bad example with the Good one that follows it."""
        pairs: list[tuple[Example, Example | None]] = []
        for position, example in enumerate(self.examples):
            if example.kind == "Bad":
                following = self.examples[position + 1 : position + 2]
                good = following[0] if following and following[0].kind == "Good" else None
                pairs.append((example, good))
        return tuple(pairs)

    @property
    def silent(self) -> tuple[Example, ...]:
        """The examples in which the rule finds nothing. A Good one has the files of the Bad one before it, with its own
        in place of those."""
        return tuple(
            replace(example, files={**before.files, **example.files}) if example.kind == "Good" else example
            for before, example in itertools.pairwise(self.examples)
            if example.kind != "Bad"
        )


def read_documentation(docs: str, default_path: str) -> Documentation:
    """Take a cleaned docstring apart.

    An example is a heading at the margin (``Bad:``, ``Good:``, ``Also good:``, each with an optional note in
    parentheses) and the block indented below it. ``--- path`` lines in a block begin another file; without one,
    the block is ``default_path``.
    """
    text: list[str] = []
    examples: list[Example] = []
    lines = docs.split("\n")
    position = 0
    while position < len(lines):
        heading = _HEADING.match(lines[position])
        position += 1
        if heading is None:
            text.append(lines[position - 1])
            continue
        block: list[str] = []
        while position < len(lines) and (not lines[position].strip() or lines[position].startswith("    ")):
            block.append(lines[position][4:])
            position += 1
        while block and not block[-1].strip():
            block.pop()
        examples.append(_example(heading[1], heading["note"] or "", block, default_path))
    return Documentation("\n".join(text).strip(), tuple(examples))


def _example(kind: str, note: str, block: list[str], default_path: str) -> Example:
    files: dict[str, list[str]] = {}
    marked: list[tuple[str, int]] = []
    path = default_path
    for line in block:
        begins = _FILE.match(line)
        if begins:
            path = begins["path"]
            files[path] = []
            continue
        content = files.setdefault(path, [])
        content.append(_MARK.sub("", line))
        if _MARK.search(line):
            marked.append((path, len(content)))
    return Example(kind, note, {p: "".join(f"{line}\n" for line in c) for p, c in files.items()}, tuple(marked))
