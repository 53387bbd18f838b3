"""Suggestions as GitHub applies them when a person presses the button."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt

from .diff import Git
from .refusal import Refusal
from .state import Pull, Thread

_MARKDOWN = MarkdownIt("commonmark")


def suggestion(thread: Thread) -> str | None:
    """The lines that a thread's first comment suggests, with the line ends they have there; None where it has none."""
    body = thread.comments[0].body
    lines = re.findall(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", body)
    for token in _MARKDOWN.parse(body):
        if token.type == "fence" and token.info.strip() == "suggestion" and token.map:
            return "".join(lines[token.map[0] + 1 : token.map[1] - 1])
    return None


def apply(git: Git, pull: Pull, threads: Sequence[Thread]) -> dict[str, bytes]:
    """The files with all the threads' suggestions in place, by path; raises Refusal where GitHub shows no button."""
    edits: dict[str, list[tuple[int, int, str]]] = {}
    for thread in threads:
        replacement = suggestion(thread)
        if replacement is None or thread.side != "RIGHT" or thread.line is None or pull.state == "closed":
            raise Refusal(422, f"no suggestion to apply on line {thread.line} of {thread.path}")
        edits.setdefault(thread.path, []).append((thread.start_line or thread.line, thread.line, replacement))
    return {path: _edited(git.content(pull.head, path), in_file) for path, in_file in edits.items()}


def _edited(content: bytes, edits: list[tuple[int, int, str]]) -> bytes:
    lines = re.findall(rb"[^\n]*\n|[^\n]+", content)  # other than splitlines(), which ends lines at CR as well
    after = len(lines) + 1
    for first, last, replacement in sorted(edits, reverse=True):
        if last >= after:
            raise Refusal(422, "suggestions that overlap cannot be applied together")
        lines[first - 1 : last] = [replacement.encode()]
        after = first
    return b"".join(lines)
