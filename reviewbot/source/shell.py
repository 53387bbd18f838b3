"""POSIX shell scripts of RUN, CMD and heredocs: the simple commands in them, with exact spans."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache

import tree_sitter_bash
from msgspec import Struct, field
from tree_sitter import Language, Node, Parser

from reviewbot.source.command import Command, Script, ShellWord
from reviewbot.source.logical import LogicalText
from reviewbot.source.shell_words import plain_words, shell_word, unquote
from reviewbot.source.text import Span
from reviewbot.source.wrappers import POSIX_SHELLS, base_name, reads_standard_input, shell_argument, unwrap

__all__ = ["POSIX_SHELLS", "Command", "Script", "ShellWord", "parse_script"]

_MAX_LENGTH = 100_000
"""Characters of one script; of a longer one no commands are known."""

_MAX_COMMANDS = 5_000
"""Commands of one script that are read."""

_MAX_OPERATORS = 2_000
"""Pipes, and redirections, of one script: a pipeline costs time in proportion to the square of its length."""

_MAX_NESTING = 20
"""Levels of subshells that are followed: each reads the text of those within it."""

_MAX_SCRIPTS = 4
"""Levels of ``sh -c`` within ``sh -c`` that are followed."""

_OWN_SHELL = frozenset({"subshell", "command_substitution", "process_substitution"})
_SAME_PIPELINE = frozenset({"pipeline", "redirected_statement", "negated_command"})
_REDIRECTIONS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})
_REDIRECTED_AT_THE_END = frozenset({"list", "negated_command", "pipeline"})
_COMMANDS = frozenset({"command", "declaration_command", "unset_command", "test_command"})
_ASSIGNMENTS = frozenset({"variable_assignment", "variable_assignments"})


def parse_script(
    source: LogicalText,
    *,
    bodies: Sequence[tuple[Span, LogicalText]] = (),
    plain_shell: bool = True,
) -> Script:
    """Read a script.

    ``source`` is the text as the shell gets it: continuations joined, Dockerfile comments dropped.
    :meth:`LogicalText.whole` makes one of a file, or a part of it, that a shell reads as it stands.
    ``bodies`` are heredocs that are not part of that text, by the span of their markers: the commands of one
    that is fed to a shell (``bash <<EOF``) are the script's too. ``plain_shell`` is False where the shell itself
    does more than ``sh -c``: then every command needs it.
    Never fails: what is not a script gives the commands that can be made out.
    """
    spans = [source.file_span, *(span for marker, body in bodies for span in (marker, body.file_span))]
    whole = Span(min(span.start for span in spans), max(span.end for span in spans))
    relative = tuple([(marker.moved(-whole.start), body.cut_out(whole)) for marker, body in bodies])
    return _script(source.cut_out(whole), relative, plain_shell).moved(whole.start)


@lru_cache(maxsize=2_048)
def _script(source: LogicalText, bodies: tuple[tuple[Span, LogicalText], ...], plain_shell: bool) -> Script:
    """A script by itself: the versions of a file that suggestions make have most of theirs in common."""
    commands = _Reader().read(source, bodies)
    words = plain_words(source) if plain_shell else None
    return Script(source.file_span, commands, needs_shell=words is None, simple_words=words)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


class _Place(Struct, frozen=True):
    """How a node is reached from the root of the tree."""

    node: Node
    statement: Node
    """The node, or the redirected statement it is the body of."""
    shells: int
    """How many shells of its own it runs in: ``( )``, ``$( )``, ``sh -c``."""
    pipeline: int = -1


class _Reader(Struct):
    """One walk over a script and the scripts within it; they share the numbers of their pipelines."""

    pipelines: int = 0
    found: list[Command] = field(default_factory=list)
    words: list[tuple[ShellWord, ...]] = field(default_factory=list)
    """Of each command found, the words of what it runs, the program first."""

    def read(self, source: LogicalText, bodies: Sequence[tuple[Span, LogicalText]]) -> tuple[Command, ...]:
        self._read(source, shells=0, scripts=0)
        fed = [c.span for c, words in zip(self.found, self.words, strict=True) if reads_standard_input(words)]
        for marker, body in bodies:
            if any(span.contains(marker) for span in fed):
                self._read(body, shells=1, scripts=0)
        # What runs in "$( )" to make the script of `sh -c` is found twice: there, and as part of that script.
        first = {command.span: command for command in reversed(self.found)}
        return tuple(sorted(first.values(), key=lambda command: (command.span.start, -command.span.end)))

    def _read(self, source: LogicalText, *, shells: int, scripts: int) -> None:
        text = source.text
        if len(text) > _MAX_LENGTH or max(text.count("|"), text.count("<")) > _MAX_OPERATORS:
            return
        # A carriage return is no blank to the shell, but the tree should not fall apart over it.
        data = text.replace("\r", " ").encode("utf-8", "surrogateescape")
        index_of = _index_of_bytes(text)
        tree = _parser().parse(data)
        for place in self._places(tree.root_node, shells):
            if len(self.found) >= _MAX_COMMANDS:
                return
            reader = _CommandReader(source, index_of, place)
            command, words = reader.command()
            self.found.append(command)
            self.words.append(words)
            script = shell_argument(words) if scripts < _MAX_SCRIPTS else None
            if script is not None:
                self._read(reader.inner_script(script), shells=place.shells + 1, scripts=scripts + 1)

    def _places(self, root: Node, shells: int) -> Iterator[_Place]:
        """Every command of the tree, without recursion, in the order of the text."""
        stack = [_Place(root, root, shells)]
        while stack:
            place = stack.pop()
            node = place.node
            is_command = node.type in _COMMANDS or node.type in _ASSIGNMENTS
            if is_command:
                yield place
            inner = place.shells + (node.type in _OWN_SHELL)
            if inner > _MAX_NESTING:
                continue
            pipeline = place.pipeline if node.type in _SAME_PIPELINE else -1
            if node.type == "pipeline" and pipeline == -1:
                pipeline = self.pipelines
                self.pipelines += 1
            for child in reversed(node.children):
                if is_command and child.type in _ASSIGNMENTS:
                    # Part of this command; only what its value runs is a command of its own.
                    stack.extend(_Place(part, part, inner) for part in reversed(child.children))
                else:
                    stack.append(_Place(child, _statement_of(child, place), inner, pipeline))


def _statement_of(child: Node, parent: _Place) -> Node:
    """The statement a node is, with the redirections behind it."""
    node = parent.node
    if node.type == "redirected_statement" and node.child_by_field_name("body") == child:
        return node
    if parent.statement != node and node.type in _REDIRECTED_AT_THE_END and node.children[-1] == child:
        # `a | b > x`: the redirection stands behind the pipeline and is b's.
        return parent.statement
    return child


class _CommandReader(Struct, frozen=True):
    """Makes a command of its node."""

    source: LogicalText
    index_of: Callable[[int], int]
    place: _Place

    def command(self) -> tuple[Command, tuple[ShellWord, ...]]:
        """The command, and the words of what it runs, the program first."""
        node = self.place.node
        parts = list(node.children) if node.type in _COMMANDS else [node]
        leading: list[tuple[str, str, Span]] = []
        ranges: list[tuple[int, int]] = []
        for part in _leaves(parts) if node.type == "test_command" else parts:
            if part.type in _REDIRECTIONS or part.type == "comment":
                continue
            if part.type == "variable_assignments":
                leading += [self._assignment(child) for child in part.children]
            elif part.type == "variable_assignment" and not ranges:
                leading.append(self._assignment(part))
            else:
                start, end = self._range(part)
                if ranges and ranges[-1][1] == start:
                    ranges[-1] = (ranges[-1][0], end)
                elif end > start:
                    ranges.append((start, end))
        words = [shell_word(self.source, start, end) for start, end in ranges]
        place = self.place
        return command_of(
            words, self._span(), assignments=leading, in_subshell=place.shells > 0, pipeline=place.pipeline
        )

    def inner_script(self, word: ShellWord) -> LogicalText:
        """The text of a word as the shell that it is handed to reads it; expansions as they are written."""
        start, end = self.source.index(word.span.start), self.source.index(word.span.end)
        indices = unquote(self.source.text, start, end).indices
        return self.source.select(indices) if indices else self.source.slice(start, start)

    def _assignment(self, node: Node) -> tuple[str, str, Span]:
        start, end = self._range(node)
        name, _, _ = self.source.text[start:end].partition("=")
        value = shell_word(self.source, min(start + len(name) + 1, end), end)
        return name.removesuffix("+"), value.value, self.source.span(start, end)

    def _span(self) -> Span:
        """From the first word to the last redirection; a heredoc counts up to its marker."""
        start, end = self._range(self.place.node)
        statement = self.place.statement
        if statement is not self.place.node:
            for part in statement.children:
                if part.type == "heredoc_redirect":
                    ends = [c for c in part.children if c.type == "heredoc_start" or c.type in _REDIRECTIONS]
                    end = max([end, *(self._range(c)[1] for c in ends)])
                elif part.type in _REDIRECTIONS:
                    start, end = min(start, self._range(part)[0]), max(end, self._range(part)[1])
        return self.source.span(start, end)

    def _range(self, node: Node) -> tuple[int, int]:
        return self.index_of(node.start_byte), self.index_of(node.end_byte)


def command_of(
    words: Sequence[ShellWord],
    span: Span,
    *,
    assignments: Sequence[tuple[str, str, Span]] = (),
    in_subshell: bool = False,
    pipeline: int = -1,
    is_exec_form: bool = False,
) -> tuple[Command, tuple[ShellWord, ...]]:
    """The command that these words are, and the words of what it runs, the program first."""
    unwrapped = unwrap(words)
    arguments = unwrapped.words[1:]
    if "xargs" in unwrapped.wrappers:
        # What it reads from its input is not known.
        arguments = (*arguments, ShellWord(Span(span.end, span.end), "", "$@", is_literal=False))
    program = unwrapped.words[0] if unwrapped.words else None
    command = Command(
        program=_program_name(program) if program is not None else None,
        program_span=program.span if program is not None else Span(span.start, span.start),
        arguments=arguments,
        span=span,
        wrappers=unwrapped.wrappers,
        assignments=(*assignments, *unwrapped.assignments),
        in_subshell=in_subshell,
        pipeline=pipeline,
        is_exec_form=is_exec_form,
    )
    return command, unwrapped.words


def _program_name(word: ShellWord) -> str | None:
    """The base name of what a word starts: known also behind a folder that is not (``$VIRTUAL_ENV/bin/pip``)."""
    name = base_name(word.value)
    is_known = word.is_literal or ("/" in word.value and name and not any(char in name for char in "$`*?[]{}()\\"))
    return name if is_known else None


def _leaves(nodes: Sequence[Node]) -> Iterator[Node]:
    """The words and operators of a test, out of its expression tree."""
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        if node.type.endswith("_expression") and node.child_count:
            stack.extend(reversed(node.children))
        else:
            yield node


def _index_of_bytes(text: str) -> Callable[[int], int]:
    """From byte offsets, which the tree speaks of, to characters."""
    if text.isascii():
        return lambda offset: offset
    ends: list[int] = []
    total = 0
    for char in text:
        ends.append(total)
        total += len(char.encode("utf-8", "surrogateescape"))
    ends.append(total)
    return lambda offset: bisect.bisect_left(ends, offset)
