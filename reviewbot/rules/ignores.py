"""Ignore comments: ``# reviewbot: ignore=rule[,rule] reason`` and ``# reviewbot: ignore-file=rule reason``.

On a line of its own it speaks for what follows: an instruction in a Dockerfile, a key with all below it in a
Compose file. At the end of a line it speaks for that line's key. Without a reason it does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reviewbot.finding import Finding, Suppression
from reviewbot.rules.catalogue import rules_named
from reviewbot.source.compose import ComposeFile
from reviewbot.source.dockerfile import Dockerfile

_COMMENT = re.compile(r"#\s*reviewbot:\s*ignore(?P<file>-file)?=(?P<rules>[\w.,-]+)[ \t]*(?P<reason>[^\r\n]*)", re.I)


@dataclass(frozen=True)
class Ignore:
    """One ignore comment: the rules it silences on lines ``first``..``last``; ``line`` is its own."""

    rules: frozenset[str]
    reason: str
    line: int
    first: int
    last: int

    def covers(self, finding: Finding) -> bool:
        return finding.rule in self.rules and self.first <= finding.location.line <= self.last


def ignores_in(source: Dockerfile | ComposeFile) -> tuple[Ignore, ...]:
    """Every ignore comment of a file that gives a reason."""
    found = []
    for comment in source.comments:
        match = _COMMENT.search(source.text[comment])
        if match is None or not match["reason"].strip():
            continue
        rules = frozenset(r.name for name in match["rules"].split(",") for r in rules_named(name))
        line = source.text.line_of(comment.start)
        if match["file"]:
            first, last = 1, source.text.line_count
        elif isinstance(source, Dockerfile):
            first, last = _instruction_lines(source, line)
        else:
            first, last = _block_lines(source, line)
        found.append(Ignore(rules, match["reason"].strip(), line, first, last))
    return tuple(found)


def _instruction_lines(source: Dockerfile, line: int) -> tuple[int, int]:
    for instruction in source.instructions:
        if line <= instruction.end_line:
            return instruction.line, instruction.end_line
    return line, line


def _block_lines(source: ComposeFile, line: int) -> tuple[int, int]:
    text = source.text
    first = line
    while first < text.line_count and text.line_text(first).lstrip().startswith(("#", "\ufeff#")):
        first += 1
    depth = len(text.indentation(first))
    last = first
    for following in range(first + 1, text.line_count + 1):
        content = text.line_text(following)
        if content.strip() and len(text.indentation(following)) <= depth:
            break
        last = following
    return first, last


def suppression_of(finding: Finding, ignores: Iterable[Ignore]) -> Suppression | None:
    return next((Suppression("comment", i.reason) for i in ignores if i.covers(finding)), None)
