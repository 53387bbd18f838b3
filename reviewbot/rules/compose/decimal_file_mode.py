"""File modes that are read as decimal numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Node
from reviewbot.source.text import Span

_MODE = re.compile(r"[1-7]?[0-7]{3}")


@rule(
    "decimal-file-mode",
    title="Write file modes with a leading zero",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    fixable=True,
)
def decimal_file_mode(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A mode is a number, and YAML reads `440` as four hundred and forty: as a mode that is `0670`, which lets a group
    write what nobody should. With a leading zero it is octal, as `chmod` has it.

    Quotes are fine too: Compose reads the text in them as octal.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            secrets:
              - source: key
                mode: 440  # <- finding
        secrets:
          key:
            file: ./key.txt
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            secrets:
              - source: key
                mode: 0440
        secrets:
          key:
            file: ./key.txt
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            secrets:
              - source: key
                mode: 0440
              - source: other
                mode: "0400"
        secrets:
          key:
            file: ./key.txt
          other:
            file: ./other.txt
    """
    seen: set[Span] = set()
    for service in compose.services:
        for key in ("secrets", "configs"):
            node = service.get(key)
            for item in node.elements() if node else ():
                mode = item.get("mode")
                if mode is None or mode.span in seen or not _is_decimal(mode):
                    continue
                seen.add(mode.span)
                yield Problem(
                    at=mode.span,
                    message=f"The mode {code(mode.raw)} is a decimal number: as a mode it is "
                    f"{code(f'0{int(mode.raw):o}')}",
                    subject=f"{service.name} {key}",
                    why="Other rights than those that were meant, mostly more.",
                    advice=f"Write {code(f'0{mode.raw}')}.",
                    edits=[]
                    if compose.is_shared(mode.span)
                    else [Edit(compose.path, Span(mode.span.start, mode.span.start), "0")],
                )


def _is_decimal(mode: Node) -> bool:
    return isinstance(mode.value, int) and not mode.is_alias and _MODE.fullmatch(mode.raw) is not None


def _edits(compose: ComposeFile, mode: Node) -> list[Edit]:
    if compose.is_shared(mode.span):
        return []
    return [Edit(compose.path, Span(mode.span.start, mode.span.start), "0")]
