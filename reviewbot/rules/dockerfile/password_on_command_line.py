"""Passwords of the image's users, written into the Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command, ShellWord
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.options import read_options
from reviewbot.source.text import Span

_PAIR = re.compile(r"(?P<user>[A-Za-z_$][\w.${}-]*):(?P<password>.+)", re.DOTALL)
_LOCKED = re.compile(r"[!*x]*\Z")
_FROM_ELSEWHERE = re.compile(r"\$\(|`|/run/secrets|/dev/urandom")
_VALUED = frozenset({
    "-b", "-c", "--comment", "-d", "--home-dir", "--home", "-e", "-f", "-g", "--gid", "-G", "--groups", "-k", "-K", "-p",
    "--password", "-R", "--root", "-s", "--shell", "-u", "--uid", "-l", "--login",
})  # fmt: skip


@rule(
    "password-on-command-line",
    title="Set no passwords in the Dockerfile",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("CKV2_DOCKER_17",),
)
def password_on_command_line(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A password that a `RUN` sets stands in the file, in the image's history, and as a hash in a layer; and it is the same
    in every container that is ever started from it. Containers need no passwords: a process gets its user from
    `USER`, and people come in by `docker exec`.

    Fine to lock an account (`usermod -p '!'`), and with a password that is made or given at run time.

    Bad:
        FROM debian:12.5-slim
        RUN echo 'root:swordfish' | chpasswd  # <- finding
        RUN useradd -m -p swordfish dev && echo swordfish | passwd --stdin dev  # <- finding
        RUN echo root:swordfish > /tmp/p && chpasswd < /tmp/p && chpasswd <<< "dev:swordfish"  # <- finding
    Bad (a build argument stays in the image's history):
        FROM debian:12.5-slim
        ARG ROOT_PASSWORD
        RUN echo "root:$ROOT_PASSWORD" | chpasswd  # <- finding
    Also good:
        FROM debian:12.5-slim
        RUN --mount=type=secret,id=root echo "root:$(cat /run/secrets/root)" | chpasswd
        RUN echo "dev:$(head -c 18 /dev/urandom | base64)" | chpasswd
        RUN useradd -p '!' dev && usermod -p '*' dev && passwd -l root && usermod --lock dev
        RUN apt-get update && apt-get install -y passwd && command -v chpasswd
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN"):
            found = next(_found(dockerfile, instruction), None)
            if found is None:
                continue
            command, is_variable = found
            yield Problem(
                at=command.span,
                message="A password is set in the Dockerfile",
                subject=f"{stage.label} {command.program or ''}",
                why="The value of the variable is in the image's history, and its hash in a layer."
                if is_variable
                else "It is readable here and in the image's history, and the same in every container.",
                advice="Leave the account without a password. Where there has to be one, set it when the container starts, "
                "or read it from a secret mount (`RUN --mount=type=secret,…`).",
            )


def _found(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[tuple[Command, bool]]:
    """Commands that set a password that the file tells, and whether a variable holds it."""
    for command in instruction.commands:
        match command.program:
            case "chpasswd":
                for password in _passwords_fed(dockerfile, instruction, command):
                    if _is_told(password):
                        yield command, "$" in password
            case "passwd" if command.has_flag("--stdin"):
                for word in _piped(instruction, command):
                    if _is_told(word.value):
                        yield command, "$" in word.value
            case "useradd" | "usermod" | "adduser":
                options, _ = read_options(command.arguments, _VALUED)
                for password in options.values("-p", "--password"):
                    if _is_told(password):
                        yield command, "$" in password


def _is_told(password: str) -> bool:
    return not _LOCKED.match(password) and not _FROM_ELSEWHERE.search(password)


def _passwords_fed(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> Iterator[str]:
    """What ``user:password`` pairs a chpasswd reads, as far as they stand in the instruction."""
    written = [word.value for word in _piped(instruction, command)]
    written += [h.content for h in instruction.heredocs if h.marker is not None and command.span.contains(h.marker)]
    here = dockerfile.text[Span(command.program_span.end, command.span.end)].partition("<<<")[2]
    written.append(here.strip().strip("\"'"))
    for text in written:
        for pair in re.split(r"\\n|\n", text):
            match = _PAIR.match(pair.strip())
            if match:
                yield match["password"]


def _piped(instruction: Instruction, command: Command) -> Iterator[ShellWord]:
    """The words that echo or printf write to a command of their pipeline."""
    for other in instruction.commands:
        same = other.pipeline == command.pipeline >= 0 and other.span.start < command.span.start
        if same and other.program in ("echo", "printf"):
            yield from (word for word in other.arguments if not word.value.startswith("-"))
