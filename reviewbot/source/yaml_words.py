"""What is wrong with a text that is no YAML, in words for the person who wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ruamel.yaml.error import MarkedYAMLError

from reviewbot.markdown import code

_CONFLICT = re.compile(r"(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)

_Words = str | Callable[[re.Match[str]], str]

_AT_THE_PROBLEM: tuple[tuple[re.Pattern[str], _Words], ...] = (
    (re.compile(r"found character '\\t'"), "a tab cannot indent; use spaces"),
    (
        re.compile(r"found character '([@`%|>&*!])'"),
        lambda match: f"a value cannot begin with {code(match[1])}; put it in quotes",
    ),
    (
        re.compile("mapping values are not allowed here"),
        "a second colon in one value; quote the value, or look for a key above that has no blank after its colon",
    ),
    (re.compile("block (?:mapping|collection).*<scalar>"), "text after the end of the value; quote all of it"),
    (
        re.compile("block (?:mapping|collection).*expected <block end>"),
        "this line is indented like nothing above it",
    ),
    (
        re.compile("unknown escape character"),
        "a backslash within double quotes that escapes nothing; use single quotes",
    ),
    (re.compile("undefined tag handle"), "a tag that nothing in the file defines"),
    (re.compile("scanning an (?:anchor|alias)"), "a name is missing after `&` or `*`"),
    (re.compile(r"flow (?:sequence|mapping).*'<scalar>'"), "a comma is missing before this"),
)
_AT_THE_BEGINNING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("could not find expected ':'"), "neither a key with a colon nor an item with a dash and a blank"),
    (re.compile("quoted scalar.*(?:end of stream|document separator)"), "nothing closes the quote that opens here"),
    (re.compile("flow sequence"), "nothing closes the bracket that opens here"),
    (re.compile("flow mapping"), "nothing closes the brace that opens here"),
)
"""Problems that show long after the mistake: they are told where the piece begins that they are found in."""


def what_is_wrong(content: str, error: MarkedYAMLError) -> tuple[str, int]:
    """The problem in words, and the offset of the place to look at."""
    conflict = _CONFLICT.search(content)
    if conflict:
        return "a merge conflict that nobody has resolved", conflict.start()
    said = " ".join(": ".join(str(part) for part in (error.context, error.problem) if part).split())
    problem, context = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    at, beginning = (min(mark.index, len(content)) if mark else 0 for mark in (problem, context))
    for pattern, words in _AT_THE_PROBLEM:
        match = pattern.search(said)
        if match:
            return f"not valid YAML: {words if isinstance(words, str) else words(match)}", at
    for pattern, text in _AT_THE_BEGINNING:
        if pattern.search(said):
            return f"not valid YAML: {text}", beginning
    return f"not valid YAML: {said}", at
