"""Shell words: quote removal, what is literal, and the words of a script that needs no shell."""

from __future__ import annotations

import re

from msgspec import Struct

from reviewbot.source.command import ShellWord
from reviewbot.source.logical import LogicalText

BLANKS = " \t"
_ESCAPED_IN_DOUBLE_QUOTES = '"\\$`'
_GLOB = "*?"
_OPERATORS = "\n;&|<>()"
_EXPANSION = re.compile(r"\$[A-Za-z0-9_{(\[@*#?$!'\"-]")
_PLAIN = re.compile(r"[A-Za-z0-9_./:,@%+=-]+")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=")

_BRACES = re.compile(r"(?<!\$)\{([^{},]*(?:,[^{},]*)+)\}")
_MAX_BRACES = 8
_MAX_ALTERNATIVES = 64

# What a POSIX shell or bash does itself, or reads as syntax, when it stands first.
_SHELL_OWN = frozenset(
    {
        "!", ".", ":", "[", "[[", "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd", "command",
        "compgen", "complete", "compopt", "continue", "coproc", "declare", "dirs", "disown", "do", "done", "echo",
        "elif", "else", "enable", "esac", "eval", "exec", "exit", "export", "false", "fc", "fg", "fi", "for",
        "function", "getopts", "hash", "help", "history", "if", "in", "jobs", "kill", "let", "local", "logout",
        "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return", "select", "set",
        "shift", "shopt", "source", "suspend", "test", "then", "time", "times", "trap", "true", "type", "typeset",
        "ulimit", "umask", "unalias", "unset", "until", "wait", "while", "{", "}",
    }
)  # fmt: skip


class Unquoted(Struct, frozen=True):
    """A word's text after quote removal: the indices of the characters that stay, and whether it is literal.

    A text that is not literal keeps its expansions as they are written.
    """

    indices: tuple[int, ...]
    is_literal: bool
    is_closed: bool
    """False for a quote that never ends, or a backslash at the end."""


def unquote(text: str, start: int, end: int) -> Unquoted:
    """Remove the quotes of the word ``text[start:end]`` as a POSIX shell does."""
    indices: list[int] = []
    literal = True
    quote = ""
    position = start
    # A bracket that nothing closes matches itself: `[` is a program.
    last_bracket = text.rfind("]", start, end)
    while position < end:
        char = text[position]
        following = text[position + 1] if position + 1 < end else ""
        if quote == "'":
            if char == "'":
                quote = ""
            else:
                indices.append(position)
        elif char == "\\":
            if quote and following not in _ESCAPED_IN_DOUBLE_QUOTES and following != "\n":
                indices.append(position)
            elif not following:
                return Unquoted(tuple(indices), literal, is_closed=False)
            else:
                position += 1
                if following != "\n":
                    indices.append(position)
        elif char == quote:
            quote = ""
        elif char in "'\"" and not quote:
            quote = char
        else:
            if _expands(text, position, end, quoted=bool(quote)) or (
                not quote
                and (
                    char in _GLOB
                    or (char == "[" and position < last_bracket)
                    or _is_special_start(text, start, position, end)
                )
            ):
                literal = False
            indices.append(position)
        position += 1
    return Unquoted(tuple(indices), literal, is_closed=not quote)


def _expands(text: str, position: int, end: int, *, quoted: bool) -> bool:
    char = text[position]
    if char == "`":
        return True
    if char != "$":
        return False
    match = _EXPANSION.match(text, position, end)
    # A dollar before the closing quote is a dollar; before an opening one it is bash's $'…' or $"…".
    return match is not None and not (quoted and match.group()[1] in "'\"")


def _is_special_start(text: str, start: int, position: int, end: int) -> bool:
    """``~`` where it may be a home folder, ``{`` where bash may expand it (``{}`` is a plain word)."""
    char = text[position]
    if char == "~":
        return position == start or text[position - 1] in ":="
    return char == "{" and text[position + 1 : min(position + 2, end)] != "}"


def shell_word(source: LogicalText, start: int, end: int) -> ShellWord:
    """The word at ``source.text[start:end]``."""
    span = source.span(start, end)
    if span.end - span.start == end - start and _PLAIN.fullmatch(source.text, start, end):
        text = source.text[start:end]
        return ShellWord(span, text, text, is_literal=True)
    unquoted = unquote(source.text, start, end)
    value = "".join([source.text[index] for index in unquoted.indices])
    raw = source.content[span.start : span.end]
    return ShellWord(span, raw, value, unquoted.is_literal and unquoted.is_closed)


def brace_alternatives(word: str) -> tuple[str, ...]:
    """What bash's ``{a,b}`` makes of a word without its quotes; the word itself where it has none, or too many."""
    words = [word]
    for _ in range(_MAX_BRACES):
        position = next((n for n, each in enumerate(words) if _BRACES.search(each)), None)
        if position is None or len(words) > _MAX_ALTERNATIVES:
            break
        each = words[position]
        match = _BRACES.search(each)
        assert match is not None  # noqa: S101 - the search above found it
        made = [f"{each[: match.start()]}{choice}{each[match.end() :]}" for choice in match[1].split(",")]
        words[position : position + 1] = made
    return tuple(words)


def plain_words(source: LogicalText) -> tuple[ShellWord, ...] | None:
    """The words of a script that is one plain command and would run the same without a shell, else None.

    Plain means: literal words only, no operator, no comment, no assignment before the program, and a program
    that is neither a builtin nor a reserved word.
    """
    ranges = _word_ranges(source.text)
    if not ranges:
        return None
    words = tuple(shell_word(source, start, end) for start, end in ranges)
    if not all(word.is_literal for word in words) or any(source.text[start] == "#" for start, _ in ranges):
        return None
    program = words[0].value
    if not program or program in _SHELL_OWN or _ASSIGNMENT.match(program):
        return None
    return words


def _word_ranges(text: str) -> list[tuple[int, int]] | None:
    """Words apart by blanks outside quotes; None where an operator stands or a quote does not end."""
    text_end = len(text.rstrip(" \t\r\n"))
    ranges: list[tuple[int, int]] = []
    start = -1
    quote = ""
    position = 0
    while position < text_end:
        char = text[position]
        if quote:
            if char == "\\" and quote == '"':
                position += 1
            elif char == quote:
                quote = ""
        elif char in BLANKS:
            if start >= 0:
                ranges.append((start, position))
            start = -1
            position += 1
            continue
        elif char in _OPERATORS or not char.isprintable():
            return None
        else:
            if start < 0:
                start = position
            if char == "\\":
                position += 1
            elif char in "'\"":
                quote = char
        position += 1
    if quote or position > text_end:
        return None
    if start >= 0:
        ranges.append((start, text_end))
    return ranges
