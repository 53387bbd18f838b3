"""Passwords of the image's users, written into the Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command, ShellWord
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.options import read_options
from reviewbot.source.text import Span

_PAIR = re.compile(r"(?P<user>[A-Za-z_$][\w.${}-]*):(?P<password>.+)", re.DOTALL)
_LOCKED = re.compile(r"[!*x]*\Z")
_OF_AZURE = "Docker!"
"""Reaches only the console that Azure App Service puts in front of it."""
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

    Fine to lock an account (`usermod -p '!'`), with a password that is made or given at run time, and for the one that
    Azure App Service prescribes for its console.

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
        RUN echo "root:Docker!" | chpasswd
        RUN useradd -p '!' dev && usermod -p '*' dev && passwd -l root && usermod --lock dev
        RUN apt-get update && apt-get install -y passwd && command -v chpasswd
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN"):
            found = next(_found(dockerfile, instruction), None)
            if found is None:
                continue
            yield Problem(
                at=found.at,
                message="A password is set in the Dockerfile",
                subject=f"{stage.label} {found.program}",
                why="The value of the variable is in the image's history, and its hash in a layer."
                if found.is_variable
                else "It is readable here and in the image's history, and the same in every container.",
                advice="Leave the account without a password. Where there has to be one, set it when the container starts, "
                "or read it from a secret mount (`RUN --mount=type=secret,…`).",
            )


class _Password(Struct, frozen=True):
    """Where a password stands, what sets it, and whether a variable holds it."""

    at: Span
    program: str
    is_variable: bool


def _found(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[_Password]:
    """Passwords that the instruction tells."""
    for command in instruction.commands:
        program = command.program or ""
        for at, password in _given(dockerfile, instruction, command):
            if not _LOCKED.match(password) and password != _OF_AZURE and not _FROM_ELSEWHERE.search(password):
                yield _Password(at, program, "$" in password)


def _given(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> Iterator[tuple[Span, str]]:
    """The passwords a command is given, by the span of the word or text that holds each."""
    match command.program:
        case "chpasswd":
            for at, text in _fed(dockerfile, instruction, command):
                for pair in re.split(r"\\n|\n", text):
                    account = _PAIR.match(pair.strip())
                    if account:
                        yield at, account["password"]
        case "passwd" if command.has_flag("--stdin"):
            yield from ((word.span, word.value) for word in _piped(instruction, command))
        case "useradd" | "usermod" | "adduser":
            options, _ = read_options(command.arguments, _VALUED)
            for option in options.named("-p", "--password"):
                yield option.words[-1].span, option.value or ""


def _fed(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> Iterator[tuple[Span, str]]:
    """The text on a command's standard input, as far as it stands in the instruction."""
    yield from ((word.span, word.value) for word in _piped(instruction, command))
    for heredoc in instruction.heredocs:
        if heredoc.marker is not None and command.span.contains(heredoc.marker):
            yield heredoc.span, heredoc.content
    after = Span(command.program_span.end, command.span.end)
    start = dockerfile.text[after].find("<<<")
    if start >= 0:
        here = Span(after.start + start + 3, after.end)
        yield here, dockerfile.text[here].strip().strip("\"'")


def _piped(instruction: Instruction, command: Command) -> Iterator[ShellWord]:
    """The words that echo or printf write to a command of their pipeline."""
    if command.pipeline < 0:
        return
    for other in instruction.commands:
        same = other.pipeline == command.pipeline and other.span.start < command.span.start
        if same and other.program in ("echo", "printf"):
            yield from (word for word in other.arguments if not word.value.startswith("-"))
