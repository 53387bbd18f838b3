"""Edits of the commands of a RUN that leave the rest of it as it is written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from reviewbot.finding import Edit
from reviewbot.markdown import code
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.options import Option
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.text import Span

_STAYS = frozenset(
    {"cd", "pushd", "export", "set", "umask", "source", ".", "unset", "alias", "shopt", "exec", "exit", "trap"}
)
"""Commands whose effect on the shell ends with their RUN."""

_BETWEEN_WORDS = re.compile(r"\s+|\"\s*,\s*\"")
"""Of a script, and of a JSON form."""

_ENDS = re.compile(r"(?:;?(?:fi|done|esac|\}|\)|[\"']))*;?\Z")


def with_flag(dockerfile: Dockerfile, call: PackageCommand, flag: str, *, after: tuple[str, ...] = ()) -> Edit:
    """A flag added behind the verb, or behind one of the options ``after`` that directly follow it."""
    offset = call.flag_offset
    for option in call.options.all:
        start = option.words[0].span.start
        if option.name in after and start > offset and _BETWEEN_WORDS.fullmatch(dockerfile.text[Span(offset, start)]):
            offset = option.words[-1].span.end
    return with_word(dockerfile, call.command, offset, flag)


def with_word(dockerfile: Dockerfile, command: Command, offset: int, word: str) -> Edit:
    """A word added to a command behind the one that ends at an offset."""
    return Edit(dockerfile.path, Span(offset, offset), f'", "{word}' if command.is_exec_form else f" {word}")


def without(dockerfile: Dockerfile, span: Span) -> Edit:
    """One or more adjacent words removed, with the line they leave empty."""
    content = dockerfile.text.content
    if content.startswith('"', span.end) and (separator := _separator_before(content, span.start)) is not None:
        return Edit(dockerfile.path, Span(separator, span.end), "")
    escape = re.escape(dockerfile.escape)
    line_start = content.rfind("\n", 0, span.start) + 1
    continued = re.compile(rf"[ \t]*{escape}[ \t]*\r?\n").match(content, span.end)
    if continued and line_start and not content[line_start : span.start].strip():
        return Edit(dockerfile.path, Span(line_start, continued.end()), "")
    before = _start_of_blanks(content, span.start, dockerfile.escape)
    ends_line = span.end == len(content) or content[span.end] in "\r\n"
    if before == span.start or ("\n" in content[before : span.start] and not ends_line):
        after = re.compile(r"[ \t]+").match(content, span.end)
        return Edit(dockerfile.path, Span(span.start, after.end() if after else span.end), "")
    return Edit(dockerfile.path, Span(before, span.end), "")


def _start_of_blanks(content: str, offset: int, escape: str) -> int:
    """Where the blanks before an offset begin, those before a line's continuation with them."""
    line_start = content.rfind("\n", 0, offset) + 1
    on_line = content[line_start:offset].rstrip(" \t")
    if on_line or not line_start:
        return line_start + len(on_line)
    previous = content.rfind("\n", 0, line_start - 1) + 1
    written = content[previous : line_start - 1].removesuffix("\r").rstrip(" \t")
    return previous + len(written.removesuffix(escape).rstrip(" \t")) if written.endswith(escape) else line_start


def _separator_before(content: str, offset: int) -> int | None:
    """Where the ``", "`` that ends right before an offset begins; None where there is none."""
    before = content[:offset].removesuffix('"').rstrip() if content.endswith('"', 0, offset) else ""
    before = before.removesuffix(",").rstrip() if before.endswith(",") else ""
    return len(before) - 1 if before.endswith('"') else None


def without_option(dockerfile: Dockerfile, option: Option) -> Edit | None:
    """An option removed together with its value; None where it is quoted or made of variables."""
    first, last = option.words[0], option.words[-1]
    if first.raw != first.value:
        return None
    is_cluster = not first.value.startswith("--") and len(first.value) > 2 and len(option.name) == 2
    if not is_cluster:
        return without(dockerfile, Span(first.span.start, last.span.end))
    if len(option.words) > 1 or option.value is not None:
        return None
    offset = first.span.start + first.value.index(option.name[1], 1)
    return Edit(dockerfile.path, Span(offset, offset + 1), "")


def without_command(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> Edit | None:
    """A command removed from an ``&&`` list together with its operator; None where it stands otherwise."""
    commands = instruction.commands
    text = dockerfile.text
    position = next((n for n, each in enumerate(commands) if each is command), None)
    if position is None or instruction.heredocs:
        return None
    following = commands[position + 1] if position + 1 < len(commands) else None
    previous = commands[position - 1] if position else None
    starts_list = previous is None or _operator(text[Span(previous.span.end, command.span.start)], dockerfile) == "&&"
    if following is not None and starts_list and command.pipeline == -1:
        between = Span(command.span.end, following.span.start)
        if _operator(text[between], dockerfile) == "&&":
            return Edit(dockerfile.path, Span(command.span.start, between.end), "")
    if following is None and previous is not None and command.span.end == instruction.arguments.end:
        between = Span(previous.span.end, command.span.start)
        if _operator(text[between], dockerfile) == "&&":
            return Edit(dockerfile.path, Span(between.start, command.span.end), "")
    return None


def joined(dockerfile: Dockerfile, runs: Sequence[Instruction]) -> list[Edit]:
    """RUNs that follow each other made one by ``&&``; nothing where that would not do the same.

    It would not where a command of a later one runs after a failure (``a || b``), where an earlier one changes the
    shell (``cd``), or ends with a comment.
    """
    edits = []
    joint = f" {dockerfile.escape}{dockerfile.text.newline}    && "
    trailing = next((indentation for run in runs if (indentation := _ends_lines(dockerfile, run)) is not None), None)
    if trailing is not None:
        joint = f" && {dockerfile.escape}{dockerfile.text.newline}{trailing}"
    for before, after in itertools.pairwise(runs):
        between = dockerfile.text[Span(before.span.end, after.span.start)]
        plain = not any(run.flags or run.heredocs or run.is_json or not run.commands for run in (before, after))
        if not plain or between.strip() or _changes_shell(before):
            return []
        if not ends_plainly(dockerfile, before) or not _is_and_list(dockerfile, after):
            return []
        edits.append(Edit(dockerfile.path, Span(before.arguments.end, after.arguments.start), joint))
    return edits


def _ends_lines(dockerfile: Dockerfile, run: Instruction) -> str | None:
    """The indentation of commands in a RUN whose lines end with ``&&``; None in one that is not written so."""
    first, last = (dockerfile.text.line_of(offset) for offset in (run.arguments.start, run.arguments.end))
    lines = [dockerfile.text.line_text(line) for line in range(first, last + 1)]
    is_written_so = any(line.rstrip().removesuffix(dockerfile.escape).rstrip().endswith("&&") for line in lines[:-1])
    return _list_indentation(lines, dockerfile.escape) if is_written_so else None


def _changes_shell(run: Instruction) -> bool:
    own = (command for command in run.commands if not command.in_subshell)
    return any(c.program in _STAYS or (c.program is None and c.assignments) for c in own)


def ended_with(instruction: Instruction, added: str) -> str:
    """The advice to have a RUN end with a command."""
    if instruction.exec_form is not None and instruction.exec_form.script is None:
        return f"Write this `RUN` for a shell, and end it with {code(f'&& {added}')}: its JSON form starts one program alone."
    return f"End this `RUN` with {code(f'&& {added}')}."


def ends_plainly(dockerfile: Dockerfile, run: Instruction) -> bool:
    """Whether nothing but the end of a compound command stands behind the last command: no comment, no ``&``."""
    end = _script_end(run)
    last = max((command.span.end for command in run.commands if command.span.end <= end), default=end)
    tail = re.sub(r"\s", "", dockerfile.text[Span(last, end)])
    return _ENDS.match(tail) is not None


def _script_end(run: Instruction) -> int:
    """Where what the shell reads ends: the arguments, or the one of a JSON form that is a script."""
    script = run.exec_form.script if run.exec_form else None
    return script.file_span.end if script else run.arguments.end


def _is_and_list(dockerfile: Dockerfile, run: Instruction) -> bool:
    """Whether a RUN is nothing but commands joined by ``&&`` and pipes."""
    position = run.arguments.start
    for command in run.commands:
        if command.span.start < position:
            continue
        between = _operator(dockerfile.text[Span(position, command.span.start)], dockerfile)
        if between and (position == run.arguments.start or between not in ("&&", "|")):
            return False
        position = command.span.end
    return position == run.arguments.end


def _operator(between: str, dockerfile: Dockerfile) -> str:
    """What stands between two commands, blanks and continuations apart."""
    return re.sub(rf"{re.escape(dockerfile.escape)}[ \t]*\r?\n|\s", "", between)


def appended(dockerfile: Dockerfile, instruction: Instruction, command: Command, added: str) -> Edit | None:
    """A command added at the end of the RUN that holds ``command``, written as the RUN is written, with its ``sudo``.

    None where it would not run after the others: behind a ``&``, or in a JSON form that starts no shell.
    """
    text = dockerfile.text
    added = f"sudo {added}" if "sudo" in command.wrappers else added
    if instruction.heredocs:
        body = instruction.heredocs[0].span
        if len(instruction.heredocs) > 1 or not body.contains(command.span):
            return None
        indentation = text.indentation(text.line_of(command.span.start))
        return Edit(dockerfile.path, Span(body.end, body.end), f"{indentation}{added}{text.newline}")
    if not ends_plainly(dockerfile, instruction):
        return None
    end = _script_end(instruction)
    last = text.line_of(end)
    first = text.line_of(instruction.arguments.start)
    if last == first or instruction.is_json:
        return Edit(dockerfile.path, Span(end, end), f" && {added}")
    lines = [text.line_text(line) for line in range(first + 1, last + 1)]
    leading = next((line for line in lines if line.lstrip().startswith("&&")), None)
    if leading is not None:
        indentation = leading[: len(leading) - len(leading.lstrip())]
        return Edit(dockerfile.path, Span(end, end), f" {dockerfile.escape}{text.newline}{indentation}&& {added}")
    indentation = _list_indentation(lines, dockerfile.escape)
    return Edit(dockerfile.path, Span(end, end), f" && {dockerfile.escape}{text.newline}{indentation}{added}")


def _list_indentation(lines: list[str], escape: str) -> str:
    """The indentation of commands in a list whose lines end with ``&&``."""
    for before, line in itertools.pairwise(lines):
        if before.rstrip().removesuffix(escape).rstrip().endswith("&&"):
            return line[: len(line) - len(line.lstrip())]
    return lines[0][: len(lines[0]) - len(lines[0].lstrip())]
