"""Files that everybody may write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_reference
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command, ShellWord
from reviewbot.source.distribution import is_known_to_run_as_root
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.text import Span

_OCTAL = re.compile(r"0?[0-7]{0,2}[2367]\Z")
_STICKY = re.compile(r"[1357][0-7]{3}\Z")
_SYMBOLIC = re.compile(r"(?:[ugo]*a[ugo]*|[ugo]*o[ugo]*|)[+=][rxXst]*w[rwxXst]*\Z")
_HARMLESS = ("/dev/", "/tmp", "/var/tmp", "/proc/")  # noqa: S108 - paths of the image
_PROGRAM = re.compile(r"(?:/(?:s?bin|lib)/[^/*]+|\.(?:sh|py|bash|pl|rb)|entrypoint[^/]*|\.jar)\Z")
_MOST_NAMED = 3


@rule(
    "world-writable-files",
    title="Do not let everybody write files of the image",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    fixable=True,
)
def world_writable_files(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """With mode 777 any process in the container can replace what another one runs: whoever gets in as `nobody` rewrites
    the entrypoint and waits for the next start. Programs need 755; what a program writes should belong to its user.

    Fine for folders with the sticky bit (1777), as `/tmp` has it, and in stages that do not ship.

    Bad (a program):
        FROM debian:12.5-slim
        COPY --chmod=777 entrypoint.sh /entrypoint.sh  # <- finding
        COPY serve /usr/local/bin/serve
        RUN chmod 0777 /usr/local/bin/serve  # <- finding
        RUN chmod a+rwx /usr/local/bin/serve  # <- finding
        CMD ["serve"]
    Good:
        FROM debian:12.5-slim
        COPY --chmod=755 entrypoint.sh /entrypoint.sh
        COPY serve /usr/local/bin/serve
        RUN chmod 0755 /usr/local/bin/serve
        RUN chmod a+rx /usr/local/bin/serve
        CMD ["serve"]
    Bad (a folder: whose it is, only its author knows):
        FROM debian:12.5-slim
        RUN mkdir -p /data && chmod -R 777 /data && chmod 777 /etc/app.conf  # <- finding
        RUN chmod o+w /var/log/app.log  # <- finding
        CMD ["serve"]
    Also good:
        FROM debian:12.5-slim
        COPY --chmod=755 serve /usr/local/bin/
        RUN chmod 755 /a && chmod 1777 /tmp/x && chmod +x /b && chmod u+w,go-w /c && chmod g+w /d && chmod ug+rw /e
        RUN chmod 2775 /f && chmod 770 /g && chmod --reference=/a /h && chmod 0644 /i
        RUN chmod $MODE /j && chmod +t,a+w /k
        CMD ["serve"]
    Also good (it does not ship):
        FROM debian:12.5-slim AS build
        RUN chmod -R 777 /src
        FROM debian:12.5-slim
        COPY --from=build /out /out
        CMD ["serve"]
    Also good (undone, and only for the build):
        FROM debian:12.5-slim
        RUN mkdir /work && chmod 777 /work && make && rm -rf /work
        RUN chmod 777 /dev/stdout
        CMD ["serve"]
    Also good (others build on it, as whoever they are):
        FROM debian:12.5-slim
        ENV CARGO_HOME=/usr/local/cargo
        RUN chmod -R a+w $CARGO_HOME
    """
    image = base_reference(dockerfile, dockerfile.final_stage)
    starts_nothing = dockerfile.final_stage.last("CMD", "ENTRYPOINT") is None
    if starts_nothing and (image is None or is_known_to_run_as_root(image)):
        return
    for stage in dockerfile.shipped_stages:
        for instruction in stage.instructions:
            if instruction.keyword in ("COPY", "ADD"):
                yield from _copied(dockerfile, stage.label, instruction)
            elif instruction.keyword == "RUN":
                yield from _changed(dockerfile, stage.label, instruction.commands)


def _copied(dockerfile: Dockerfile, label: str, instruction: Instruction) -> Iterator[Problem]:
    flag = instruction.flag("chmod")
    if flag is None or not flag.value or not (_OCTAL.match(flag.value) and len(flag.value) > 2):
        return
    start = flag.span.end - 1
    target = instruction.destination.value if instruction.destination else ""
    programs = all(_PROGRAM.search(word.value) for word in instruction.sources) and bool(instruction.sources)
    right = _narrowed(flag.value)
    written = dockerfile.text[flag.span].endswith(flag.value)
    edits = [Edit(dockerfile.path, Span(start + 1 - len(flag.value), start + 1), right)] if programs and written else []
    yield _problem(flag.span, flag.value, [target], label, edits)


def _changed(dockerfile: Dockerfile, label: str, commands: tuple[Command, ...]) -> Iterator[Problem]:
    """One finding for all that a RUN opens."""
    found = [
        (command, mode)
        for position, command in enumerate(commands)
        if command.program == "chmod"
        and (mode := _open_mode(command))
        and not _is_removed(command, commands[position:])
    ]
    if found:
        targets = [word.value for command, _ in found for word in command.operands[1:]] or ["."]
        edits = [_edit(dockerfile, mode) for command, mode in found if _is_program(command, mode)]
        whole = edits if len(edits) == len(found) else []
        yield _problem(found[0][0].span, found[0][1].value, targets, label, whole)


def _open_mode(command: Command) -> ShellWord | None:
    """The mode word, where it lets everybody write what is not a temporary folder or a device."""
    mode = next((word for word in command.arguments if not word.value.startswith("-") and word.is_literal), None)
    if mode is None or mode not in command.operands[:1]:
        return None
    paths = [word.value for word in command.operands[1:]]
    parts = [part for part in mode.value.split(",") if "t" not in mode.value and part[:1] not in "+="]
    is_open = (_OCTAL.match(mode.value) and len(mode.value) > 2) or any(_SYMBOLIC.match(part) for part in parts)
    return mode if is_open and not all(path.startswith(_HARMLESS) for path in paths) else None


def _is_program(command: Command, mode: ShellWord) -> bool:
    """Whether all it names are programs, which nobody has to write."""
    recursive = command.has_flag("-R", "--recursive")
    programs = all(word.is_literal and _PROGRAM.search(word.value) for word in command.operands[1:])
    return not recursive and programs and mode.raw == mode.value and "," not in mode.value


def _edit(dockerfile: Dockerfile, mode: ShellWord) -> Edit:
    right = _narrowed(mode.value) if mode.value[0].isdecimal() else mode.value.replace("w", "")
    return Edit(dockerfile.path, mode.span, right)


def _narrowed(mode: str) -> str:
    """The same mode without the right to write for group and others."""
    return mode[:-2] + "".join(str(int(digit) & ~2) for digit in mode[-2:])


def _problem(at: Span, mode: str, targets: list[str], label: str, edits: list[Edit]) -> Problem:
    more = f" and {len(targets) - _MOST_NAMED} more" if len(targets) > _MOST_NAMED else ""
    return Problem(
        at=at,
        message=f"Everybody in the container may write {', '.join(code(t[:80]) for t in targets[:_MOST_NAMED])}{more}: "
        f"mode {code(mode)}",
        subject=f"{label} {' '.join(targets)}",
        why="A process of any user can replace it.",
        advice=f"Give it to the user that writes it: {code(f'chown app {targets[0][:80]}')}, or `COPY --chown=app`.",
        edits=edits,
    )


def _is_removed(command: Command, later: tuple[Command, ...]) -> bool:
    """Whether the same script removes what it opened."""
    paths = {word.value for word in command.operands[1:]}
    return any(c.program == "rm" and paths & {word.value for word in c.operands} for c in later)
