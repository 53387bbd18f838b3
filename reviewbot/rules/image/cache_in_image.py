"""Caches that build steps leave in an image."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.image.layers.leftovers import KINDS
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.built_step import absolute, by_instruction
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Instruction

NOTICEABLE = 1_000_000
_TOOLS = {
    "apt-lists": r"\bapt(?:-get)?\b",
    "apt-cache": r"\bapt(?:-get)?\b",
    "apk-cache": r"\bapk\b",
    "dnf-cache": r"\b(?:micro)?(?:dnf|yum)\b",
    "zypper-cache": r"\bzypper\b",
    "pacman-cache": r"\bpacman\b",
    "pip-cache": r"\b(?:pip3?|uv|poetry|pipenv)\b",
    "npm-cache": r"\b(?:npm|pnpm)\b",
    "yarn-cache": r"\byarn\b",
    "go-cache": r"\bgo\b",
    "cargo-cache": r"\bcargo\b",
    "java-cache": r"\b(?:mvnw?|gradlew?)\b",
    "cache": "",
    "temporary": "",
}
_CLEANS_NO_LISTS = re.compile(r"\bapt(?:-get)?(?: +-\S+)* +(?:auto)?clean\b")
_CLEANS = re.compile(r"\b(?:rm|clean|purge|find|prune)\b")


@rule(
    "cache-in-image",
    title="Leave no caches in the image",
    category=Category.SIZE,
    severity=Severity.WARNING,
)
def cache_in_image(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """The built image holds a cache or temporary files that a build step left behind. Nothing in a container uses them.

    What the text of an instruction says already is left to the rules for it; this one speaks of caches that are filled
    behind the scenes, or that a clean-up misses.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN ./install.sh  # <- finding
        --- measured Dockerfile
        contents:
          leftovers:
          - {kind: apt-lists, path: var/lib/apt/lists, size: 19000000, files: 4, step: {instruction: RUN, line: 2}}
    Also good (`apt-get clean` leaves the lists alone, and the rule for those says so):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && apt-get clean
        --- measured Dockerfile
        contents:
          leftovers:
          - {kind: apt-lists, path: var/lib/apt/lists, size: 19000000, files: 4, step: {instruction: RUN, line: 2}}
    Also good (small):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN ./install.sh
        --- measured Dockerfile
        contents:
          leftovers: [{kind: temporary, path: tmp, size: 300, files: 1, step: {instruction: RUN, line: 2}}]
    """
    contents = report.contents
    for instruction, leftovers in by_instruction(contents.leftovers if contents else (), report, facts):
        for leftover in leftovers:
            if (
                leftover.kind not in _TOOLS
                or leftover.size < NOTICEABLE
                or _is_told_by_the_text(leftover.kind, instruction)
            ):
                continue
            kind = KINDS[leftover.kind]
            yield Problem(
                at=instruction.span,
                message=f"This leaves {kind.title} in the image: {format_bytes(leftover.size)} in {absolute(leftover.path)}",
                subject=f"{leftover.kind} {leftover.path}",
                why="No container uses them, and everybody pulls them.",
                advice=kind.remedy,
                evidence=f"{leftover.files} files in {absolute(leftover.path)} of the layer of this instruction",
            )


def _is_told_by_the_text(kind: str, instruction: Instruction) -> bool:
    """Whether the instruction calls the tool and cleans nothing: then the rules that read it say so, with a fix."""
    text = f"{instruction.argument_text} {' '.join(h.content for h in instruction.heredocs)}"
    if kind == "apt-lists":
        text = _CLEANS_NO_LISTS.sub("", text)
    return bool(_TOOLS[kind]) and re.search(_TOOLS[kind], text) is not None and not _CLEANS.search(text)
