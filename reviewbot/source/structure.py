"""Where a Dockerfile's instructions begin and end, by the port of BuildKit's own parser, within limits.

The port reads what BuildKit reads. A few things are done before it sees a text, none of which moves a line:
what BuildKit refuses for its size is refused, a comment that would cost its directive pattern quadratic time
is emptied, and ``ONBUILD RUN`` is shown to it as ``RUN``, since it knows no heredoc under ONBUILD. Nested
substitutions, which it reads again at each level, are refused where they would take it seconds.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from e2b_dockerfile_utils import DockerfileInstruction, DockerfileSyntaxError, parse_dockerfile_ast
from msgspec import Struct

from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

MAX_CHARACTERS = 300_000
MAX_LINE_BYTES = 65_535
"""BuildKit's own limit."""
MAX_INSTRUCTIONS = 5_000
MAX_DIRECTIVE = 500
MAX_SUBSTITUTION_COST = 1_000_000
"""Characters times nested substitutions of one logical line: the port's lexer reads the inner ones again for
each one around them."""

KEYWORDS = (
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip

_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S*)")
_DIRECTIVES = frozenset({"check", "escape", "syntax"})
_SUBSTITUTION = re.compile(r"\$\{\w+(?::?[-+?][^${}'\"\\]*)?\}")
"""One with nothing nested in it that a lexer could take another way."""
_NEVER_LEXED = re.compile(r"\s*(?:RUN|CMD|ENTRYPOINT|HEALTHCHECK)\s(?!.*<<)", re.IGNORECASE | re.DOTALL)
_TRIGGER = re.compile(r"\s*(ONBUILD)[\t\v\f\r ]+(?:RUN|COPY|ADD)[\t\v\f\r ]", re.IGNORECASE)


class Structure(Struct, frozen=True):
    """The instructions in order; those whose line is in ``triggers`` stand behind an ONBUILD."""

    instructions: tuple[DockerfileInstruction, ...]
    escape: str
    syntax: str | None
    triggers: frozenset[int]


def read_structure(text: Text) -> Structure:
    """Read the structure of a whole file. Raises SourceProblem."""
    _check_size(text)
    lines = text.content.removeprefix("\ufeff").split("\n")
    directives = _read_directives(lines)
    guessed = list(_guessed_lines(lines))
    triggers = _uncover_triggers(lines, guessed)
    _check_substitutions(lines, guessed)
    try:
        instructions, escape = _in_parts(lines, guessed) or _as_a_whole(lines)
    except DockerfileSyntaxError as error:
        raise _problem(text, error) from None
    except RecursionError:
        line = next((number for number, line in enumerate(lines, 1) if line.count("[") > 100), 1)
        raise SourceProblem("JSON nested too deeply to be read", line) from None
    if len(instructions) > MAX_INSTRUCTIONS:
        line = instructions[MAX_INSTRUCTIONS].start_line
        raise SourceProblem(f"more than {MAX_INSTRUCTIONS:,} instructions", line)
    kept = triggers & {instruction.start_line for instruction in instructions}
    return Structure(tuple(instructions), escape, directives.get("syntax"), kept)


_Found = tuple[Sequence[DockerfileInstruction], str]
"""Instructions, and the escape character that they are read with."""


def _as_a_whole(lines: list[str]) -> _Found:
    ast = parse_dockerfile_ast("\n".join(lines))
    return ast.instructions, ast.escape_token


def _in_parts(lines: list[str], guessed: Sequence[tuple[int, int]]) -> _Found | None:
    """The same, read one logical line after the other: what versions of a file have in common is read once.

    None where that is not certain to be the same: with heredocs, whose lines are not logical ones, and for what the port
    refuses, so that it tells its reason of the whole.
    """
    if any("<<" in line for line in lines):
        return None
    first = next((end for start, end in guessed if not _is_void(lines[start:end])), len(lines))
    try:
        head = parse_dockerfile_ast("\n".join(lines[:first]))
        instructions = head.instructions
        for start, end in guessed:
            if start >= first and not _is_void(lines[start:end]):
                instructions += _moved(_part("\n".join(lines[start:end]), head.escape_token), start)
    except (DockerfileSyntaxError, RecursionError):
        return None
    return instructions, head.escape_token


def _is_void(lines: Sequence[str]) -> bool:
    """Whether it is one line with nothing to read: most that are not part of an instruction are."""
    return len(lines) == 1 and lines[0].lstrip(" \t\r")[:1] in ("", "#")


@lru_cache(maxsize=4_096)
def _part(content: str, escape: str) -> tuple[DockerfileInstruction, ...]:
    """The instructions of some lines that stand behind a file's directives, and begin and end with logical lines."""
    head = f"# escape={escape}\n#\n"
    return tuple(_moved(parse_dockerfile_ast(head + content).instructions, -2))


def _moved(instructions: Iterable[DockerfileInstruction], lines: int) -> Iterator[DockerfileInstruction]:
    for i in instructions:
        first, last = i.start_line + lines, i.end_line + lines
        yield DockerfileInstruction(i.name, i.original, i.flags, i.args, i.json, i.heredocs, first, last)


def read_trigger(line: str, escape: str) -> DockerfileInstruction | None:
    """The instruction on the logical line after ONBUILD; None where there is none."""
    try:
        ast = parse_dockerfile_ast(f"# escape={escape}\n{line}")
    except (DockerfileSyntaxError, RecursionError):
        return None
    return ast.instructions[0] if len(ast.instructions) == 1 else None


_CONFLICT_MARKS = ("<" * 7, "=" * 7, ">" * 7)


def unknown_instruction(word: str, line: int, column: int) -> SourceProblem:
    """What to say of a keyword that is none."""
    if word[:7] in _CONFLICT_MARKS:
        return SourceProblem("a merge conflict that nobody has resolved", line, column)
    near = [k for k in difflib.get_close_matches(word[:20].upper(), KEYWORDS) if _is_slip(word[:20].upper(), k)]
    hint = f"; did you mean {near[0]}?" if near else ""
    return SourceProblem(f"unknown instruction: {shown(word)}{hint}", line, column)


def _is_slip(word: str, keyword: str) -> bool:
    """Whether a word begins as the keyword does, or has its letters in another order: else only chance makes them alike."""
    return word[0] == keyword[0] or sorted(word) == sorted(keyword)


def shown(text: str, limit: int = 60) -> str:
    """A piece of the file as a message can carry it: one line, printable, short."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:limit])
    return clean + "…" if len(text) > limit else clean


def _check_size(text: Text) -> None:
    content = text.content
    if len(content) > MAX_CHARACTERS:
        raise SourceProblem(f"larger than {MAX_CHARACTERS:,} characters", *text.position(MAX_CHARACTERS))
    nul = content.find("\0")
    if nul != -1:
        raise SourceProblem("holds a NUL character: not a text file, or not in UTF-8", *text.position(nul))
    for number, line in enumerate(content.split("\n"), 1):
        if len(line) * 4 > MAX_LINE_BYTES and len(line.encode("utf-8", "surrogateescape")) > MAX_LINE_BYTES:
            raise SourceProblem(f"line of more than {MAX_LINE_BYTES:,} bytes, which Docker does not read", number)


def _read_directives(lines: list[str]) -> dict[str, str]:
    """The directives at the head of the file, by name; lines too long to be one are emptied in place.

    BuildKit looks for ``syntax`` behind a ``#!`` line as well, and for nothing else there.
    """
    found: dict[str, str] = {}
    start = 1 if lines[0].startswith("#!") else 0
    for index in range(start, len(lines)):
        match = _DIRECTIVE.match(lines[index].lstrip())
        if match is None:
            break
        name = match[1].lower()
        if len(lines[index]) > MAX_DIRECTIVE:
            if name in _DIRECTIVES:
                raise SourceProblem(f"{name} directive of more than {MAX_DIRECTIVE} characters", index + 1)
            lines[index] = "#"
        if name not in _DIRECTIVES or not match[2]:
            break
        found.setdefault(name, match[2])
    return found


def _guessed_lines(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Logical lines ``[start, end)`` as they probably are: either escape joins, and heredocs are lines too.

    So a logical line is never cut; it may be taken together with the next one.
    """
    start = 0
    continues = False
    for index, line in enumerate(lines):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            continues = bare.endswith(("\\", "`"))
        if not continues:
            yield start, index + 1
            start = index + 1
    if start < len(lines):
        yield start, len(lines)


def _uncover_triggers(lines: list[str], guessed: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Blank the ONBUILD before RUN, COPY and ADD in place; the numbers of these lines.

    One that proves to be inside a heredoc has no harm done to it: what heredocs hold is read from the file.
    """
    uncovered = set()
    for start, _ in guessed:
        match = _TRIGGER.match(lines[start])
        if match:
            lines[start] = lines[start][: match.start(1)] + " " * 7 + lines[start][match.end(1) :]
            uncovered.add(start + 1)
    return frozenset(uncovered)


def _check_substitutions(lines: list[str], guessed: Sequence[tuple[int, int]]) -> None:
    """Refuse a line whose ``${a:-${b:-…}}`` would take the lexer too long."""
    for start, end in guessed:
        joined = "\n".join(lines[start:end])
        rest, nested = joined, joined.count("${")
        if nested < 3 or _NEVER_LEXED.match(joined):
            continue
        for _ in range(3):
            rest = _SUBSTITUTION.sub("", rest)
            nested = rest.count("${")
        if nested * len(joined) > MAX_SUBSTITUTION_COST:
            raise SourceProblem(
                "too many substitutions within substitutions", start + 1, max(lines[start].find("${"), 0) + 1
            )


def _problem(text: Text, error: DockerfileSyntaxError) -> SourceProblem:
    line = error.line or 1
    content = text.line_text(line).removeprefix("\ufeff")
    column = len(content) - len(content.lstrip()) + 1
    message = str(error).partition(": ")[2]
    kind, _, word = message.partition(": ")
    if kind == "unknown instruction":
        return unknown_instruction(word, line, column)
    return SourceProblem(shown(message, 200), line, column)
