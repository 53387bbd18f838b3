"""From the builder's view of an instruction to an :class:`Instruction` whose every part has its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from e2b_dockerfile_utils import DockerfileHeredoc, DockerfileInstruction, chomp_heredoc_content
from msgspec import Struct
from msgspec.structs import replace

from reviewbot.source.arguments import (
    BLANKS,
    Part,
    heredoc_markers,
    json_form,
    locate,
    read_flags,
    skip_space,
    unquoted,
)
from reviewbot.source.exec_form import ExecForm, read_exec_form
from reviewbot.source.instruction import Assignment, Flag, Heredoc, Instruction, ShellInput, Word
from reviewbot.source.logical import LogicalText
from reviewbot.source.problem import SourceProblem
from reviewbot.source.shell_kind import ShellKind
from reviewbot.source.structure import read_trigger, shown, unknown_instruction
from reviewbot.source.text import Span, Text
from reviewbot.source.wrappers import POSIX_SHELLS, interpreter_of

_SHELL_FORM = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "RUN"})
_JSON_FORM = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"})
_UNPROCESSED = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "MAINTAINER", "ONBUILD", "RUN", "SHELL"})
"""Keywords whose arguments the builder takes as they are, quotes included."""


class LogicalLine(Struct, frozen=True):
    """An instruction's own line, continuations joined, without its heredoc bodies."""

    text: LogicalText
    last_line: int
    comments: tuple[Span, ...]


def read_line(text: Text, first: int, escape: str) -> LogicalLine:
    """Join the lines of the instruction that begins at a line, as the builder does."""
    pieces: list[Span] = []
    comments: list[Span] = []
    number = first
    while True:
        span = text.line_span(number)
        content = text[span].rstrip("\r\n")
        bare_at = skip_space(content, 1 if number == 1 and content.startswith("\ufeff") else 0)
        ends = True
        if number > first and content.startswith("#", bare_at):
            comments.append(Span(span.start + bare_at, span.start + len(content)))
            ends = False
        elif number > first and bare_at == len(content):
            ends = False
        else:
            body = content.rstrip(" \t")
            ends = not body.endswith(escape) or (len(body) > 1 and body[-2] == escape)
            start = span.start + (bare_at if number == first else 0)
            pieces.append(Span(start, span.start + (len(content) if ends else len(body) - 1)))
        if ends or number >= text.line_count:
            return LogicalLine(LogicalText.joined(text.content, pieces), number, tuple(comments))
        number += 1


class InstructionReader(Struct, frozen=True):
    """Reads the instructions of one file."""

    text: Text
    escape: str

    def read(
        self, structure: DockerfileInstruction, line: LogicalLine, shell: ShellKind, *, is_trigger: bool
    ) -> Instruction:
        """One instruction; ``is_trigger`` says that ``structure`` is what stands behind its ONBUILD."""
        logical = line.text
        keyword, rest = self._keyword(logical)
        if keyword.value != "ONBUILD":
            return self._instruction(structure, logical, line, shell)
        outer = dataclasses.replace(structure, name="ONBUILD", flags=[], args=[], json=False, heredocs=[])
        inner = structure if is_trigger else read_trigger(logical.text[rest:], self.escape)
        trigger_text = logical.slice(rest, len(logical.text.rstrip()))
        if inner is None or inner.name in ("FROM", "MAINTAINER", "ONBUILD"):
            at = self.text.position(trigger_text.offset(0))
            word = BLANKS.split(trigger_text.text, maxsplit=1)[0]
            if inner is None and word:
                raise unknown_instruction(word, *at)
            raise SourceProblem(
                f"ONBUILD {word.upper()} is not allowed" if word else "ONBUILD needs an instruction", *at
            )
        inner = dataclasses.replace(
            inner, start_line=self.text.line_of(trigger_text.offset(0)), end_line=structure.end_line
        )
        trigger = self._instruction(inner, trigger_text, line, shell)
        return replace(self._instruction(outer, logical, line, shell), trigger=trigger)

    def _keyword(self, logical: LogicalText) -> tuple[Part, int]:
        """The keyword, and where what follows it begins."""
        start = skip_space(logical.text, 0)
        blank = BLANKS.search(logical.text, start)
        end = blank.start() if blank else len(logical.text.rstrip())
        return Part(start, end, logical.text[start:end].upper()), skip_space(logical.text, end)

    def _instruction(
        self, structure: DockerfileInstruction, logical: LogicalText, line: LogicalLine, shell: ShellKind
    ) -> Instruction:
        keyword, rest = self._keyword(logical)
        content = logical.text.rstrip()
        flags, start = ([], rest) if keyword.value == "ONBUILD" else read_flags(content, rest, self.escape)
        start = min(start, len(content))
        assignments: tuple[Assignment, ...] = ()
        is_json = False
        if keyword.value in ("ARG", "ENV", "LABEL"):
            words, assignments = self._assignments(structure, logical, content, start)
        else:
            words, is_json = self._arguments(structure, logical, content, start)
        if is_json and structure.heredocs:
            at = self.text.position(logical.offset(start))
            raise SourceProblem("what follows a JSON form is not read, so a heredoc there is none", *at)
        heredocs = self._heredocs(structure.heredocs, logical, content, start, line.last_line)
        end = self.text.line_span(structure.end_line)
        end_content = self.text[end].rstrip("\r\n")
        instruction = Instruction(
            keyword=keyword.value,
            span=Span(logical.offset(keyword.start), end.start + len(end_content)),
            keyword_span=logical.span(keyword.start, keyword.end),
            line=structure.start_line,
            end_line=structure.end_line,
            flags=tuple(self._flag(logical, flag) for flag in flags),
            arguments=logical.span(start, len(content)),
            argument_text=content[start:],
            words=words,
            is_json=is_json,
            heredocs=heredocs,
            assignments=assignments,
        )
        shell_input = self._shell_input(instruction, logical.slice(start, len(content)), shell)
        exec_form = self._exec_form(instruction, logical) if is_json and keyword.value == "RUN" else None
        return replace(instruction, shell_input=shell_input, exec_form=exec_form)

    def _flag(self, logical: LogicalText, part: Part) -> Flag:
        name, equals, value = part.value.removeprefix("--").partition("=")
        return Flag(name, value if equals else None, logical.span(part.start, part.end))

    def _arguments(
        self, structure: DockerfileInstruction, logical: LogicalText, line: str, start: int
    ) -> tuple[tuple[Word, ...], bool]:
        """The words, and whether they are the elements of a JSON form."""
        name, arguments = structure.name, structure.args
        command_at = start
        kind: list[Part] = []
        if name == "HEALTHCHECK" and arguments:
            kind = locate(line, start, arguments[:1])
            command_at = skip_space(line, kind[0].end)
        elements = self._json_form(logical, line, command_at) if name in _JSON_FORM else None
        if elements is not None:
            parts = kind + elements
        elif name in ("ADD", "COPY") and start < len(line):
            # The port keeps `"a b"` together here, out of kindness; BuildKit does not.
            parts = locate(line, start, BLANKS.split(line[start:]))
        else:
            parts = locate(line, start, arguments)
        is_json = elements is not None
        return tuple(self._word(logical, part, name, is_json=is_json) for part in parts), is_json

    def _json_form(self, logical: LogicalText, line: str, position: int) -> list[Part] | None:
        try:
            return json_form(line, position)
        except ValueError as error:
            raise SourceProblem(str(error), *self.text.position(logical.offset(position))) from None

    def _assignments(
        self, structure: DockerfileInstruction, logical: LogicalText, line: str, start: int
    ) -> tuple[tuple[Word, ...], tuple[Assignment, ...]]:
        arguments = structure.args
        if structure.name != "ARG":
            # Triples of name, value and what stands between them: nothing in the form `ENV name value`.
            if arguments[2:3] == [""]:
                name, value = locate(line, start, arguments[:2])
                words = tuple(self._word(logical, part, structure.name) for part in (name, value))
                return words, (replace(self._pair(logical, name, value), legacy=True),)
            arguments = [f"{name}={value}" for name, value in zip(arguments[::3], arguments[1::3], strict=True)]
        pairs = tuple(self._assignment(logical, part) for part in locate(line, start, arguments))
        return tuple(
            Word(pair.span, self.text[pair.span], pair.name if pair.value is None else f"{pair.name}={pair.value}")
            for pair in pairs
        ), pairs

    def _word(self, logical: LogicalText, part: Part, keyword: str, *, is_json: bool = False) -> Word:
        span = logical.span(part.start, part.end)
        value = part.value if is_json or keyword in _UNPROCESSED else self._unquoted(logical, part)
        return Word(span, self.text[span], value)

    def _unquoted(self, logical: LogicalText, part: Part) -> str:
        try:
            return unquoted(part.value, self.escape)
        except ValueError as error:
            reason = shown(str(error).rpartition(": ")[2], 200)
            at = self.text.position(logical.offset(part.start))
            raise SourceProblem(f"cannot read {shown(part.value)}: {reason}", *at) from None

    def _assignment(self, logical: LogicalText, part: Part) -> Assignment:
        name, equals, value = part.value.partition("=")
        return self._pair(
            logical,
            Part(part.start, part.start + len(name), name),
            Part(part.end - len(value), part.end, value) if equals else None,
        )

    def _pair(self, logical: LogicalText, name: Part, value: Part | None) -> Assignment:
        return Assignment(
            name=self._unquoted(logical, name),
            value=None if value is None else self._unquoted(logical, value),
            span=logical.span(name.start, name.end if value is None else value.end),
            name_span=logical.span(name.start, name.end),
            value_span=None if value is None else _span_or_point(logical, value),
            raw_value=None if value is None else value.value,
        )

    def _heredocs(
        self, found: Sequence[DockerfileHeredoc], logical: LogicalText, line: str, start: int, header_end: int
    ) -> tuple[Heredoc, ...]:
        markers = heredoc_markers(line, start, [heredoc.name for heredoc in found]) if found else []
        heredocs = []
        first = header_end + 1
        for index, heredoc in enumerate(found):
            count = heredoc.content.count("\n")
            span = self.text.lines_span(first, first + count - 1)
            content = self.text[span]
            heredocs.append(
                Heredoc(
                    name=heredoc.name,
                    content=chomp_heredoc_content(content) if heredoc.chomp else content,
                    expand=heredoc.expand,
                    chomp=heredoc.chomp,
                    span=span,
                    marker=logical.span(markers[index].start, markers[index].end) if markers else None,
                )
            )
            first += count + 1
        return tuple(heredocs)

    def _shell_input(self, instruction: Instruction, source: LogicalText, shell: ShellKind) -> ShellInput | None:
        """What a shell reads, if it is a POSIX shell; None where the program is started without one."""
        if instruction.keyword not in _SHELL_FORM or instruction.is_json or not instruction.words:
            return None
        if instruction.keyword == "HEALTHCHECK":
            if len(instruction.words) < 2:
                return None
            source = source.slice(source.index(instruction.words[1].span.start), len(source.text))
        bodies = []
        for heredoc in instruction.heredocs:
            if heredoc.marker is None:
                continue
            body = self._body(heredoc)
            if heredoc.marker == source.file_span:
                interpreter = interpreter_of(heredoc.content)
                is_read = shell is not ShellKind.FOREIGN if interpreter is None else interpreter in POSIX_SHELLS
                return ShellInput(body) if is_read else None
            source = _as_redirection(source, heredoc.marker)
            bodies.append((heredoc.marker, body))
        if shell is ShellKind.FOREIGN:
            return None
        return ShellInput(source, tuple(bodies), plain_shell=shell is ShellKind.PLAIN)

    def _exec_form(self, instruction: Instruction, logical: LogicalText) -> ExecForm | None:
        places = [(logical.index(w.span.start), logical.index(w.span.end - 1) + 1, w.value) for w in instruction.words]
        return read_exec_form(logical, [Part(*place) for place in places])

    def _body(self, heredoc: Heredoc) -> LogicalText:
        if not heredoc.chomp or heredoc.span.start == heredoc.span.end:
            return LogicalText.whole(self.text.content, heredoc.span)
        first, last = self.text.lines_of(heredoc.span)
        lines = [self.text.line_span(number) for number in range(first, last + 1)]
        kept = []
        for line in lines:
            written = self.text[line]
            kept.append(Span(line.start + len(written) - len(written.lstrip("\t")), line.end))
        return LogicalText.joined(self.text.content, kept)


def _span_or_point(logical: LogicalText, part: Part) -> Span:
    """The place of a value that may be empty: then the point right after what precedes it."""
    if part.start < part.end:
        return logical.span(part.start, part.end)
    point = logical.offset(part.start - 1) + 1
    return Span(point, point)


def _as_redirection(source: LogicalText, marker: Span) -> LogicalText:
    """``<<EOF`` as ``< EOF``: to the shell's grammar a redirection too, one whose text does not have to follow."""
    text = source.text
    at = text.index("<<", source.index(marker.start))
    length = 3 if text.startswith("<<-", at) else 2
    return source.with_text(text[:at] + "<".ljust(length) + text[at + length :])
