"""Edits of the commands of a RUN that leave the rest of it as it is written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from reviewbot.finding import Edit
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.options import Option
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.text import Span

_STAYS = frozenset(
    {"cd", "pushd", "export", "set", "umask", "source", ".", "unset", "alias", "shopt", "exec", "exit", "trap"}
)
"""Commands whose effect on the shell ends with their RUN."""

_ENDS = re.compile(r"(?:;?(?:fi|done|esac|\}|\)|[\"']))*;?\Z")


def with_flag(dockerfile: Dockerfile, call: PackageCommand, flag: str, *, after: tuple[str, ...] = ()) -> Edit:
    """A flag added behind the verb, or behind one of the options ``after`` that directly follow it."""
    offset = call.flag_offset
    for option in call.options.all:
        start = option.words[0].span.start
        if option.name in after and start > offset and dockerfile.text[Span(offset, start)].isspace():
            offset = option.words[-1].span.end
    return Edit(dockerfile.path, Span(offset, offset), f" {flag}")


def without(dockerfile: Dockerfile, span: Span) -> Edit:
    """One or more adjacent words removed, with the line they leave empty."""
    content = dockerfile.text.content
    escape = re.escape(dockerfile.escape)
    line_start = content.rfind("\n", 0, span.start) + 1
    continued = re.compile(rf"[ \t]*{escape}[ \t]*\r?\n").match(content, span.end)
    if continued and line_start and not content[line_start : span.start].strip():
        return Edit(dockerfile.path, Span(line_start, continued.end()), "")
    before = re.compile(rf"(?:[ \t]*{escape}[ \t]*\r?\n[ \t]*|[ \t]+)\Z").search(content[: span.start])
    ends_line = span.end == len(content) or content[span.end] in "\r\n"
    if before is None or ("\n" in before[0] and not ends_line):
        after = re.compile(r"[ \t]+").match(content, span.end)
        return Edit(dockerfile.path, Span(span.start, after.end() if after else span.end), "")
    return Edit(dockerfile.path, Span(before.start(), span.end), "")


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


def ends_plainly(dockerfile: Dockerfile, run: Instruction) -> bool:
    """Whether nothing but the end of a compound command stands behind the last command: no comment, no ``&``."""
    last = max(command.span.end for command in run.commands)
    tail = re.sub(r"\s", "", dockerfile.text[Span(last, max(last, run.arguments.end))])
    return _ENDS.match(tail) is not None


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
    """A command added at the end of the RUN that holds ``command``, written as the RUN is written, with its ``sudo``."""
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
    end = instruction.arguments.end
    last = text.line_of(end)
    first = text.line_of(instruction.arguments.start)
    if last == first:
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
