"""useradd that writes a file of gigabytes."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import with_word
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.options import Options, read_options

_VALUED = frozenset(
    {
        "-b", "--base-dir", "-c", "--comment", "-d", "--home-dir", "-e", "--expiredate", "-f", "--inactive", "-g", "--gid",
        "-G", "--groups", "-k", "--skel", "-K", "--key", "-p", "--password", "-R", "--root", "-P", "--prefix", "-s",
        "--shell", "-u", "--uid", "-Z", "--selinux-user",
    }
)  # fmt: skip
_HUGE = 100_000
_BYTES_A_USER = 292
"""Size of a record of ``lastlog``: its file is that times the highest UID."""


@rule(
    "useradd-no-log-init",
    title="Create users of a high UID with useradd --no-log-init",
    category=Category.SIZE,
    severity=Severity.WARNING,
    aliases=("DL3046",),
    fixable=True,
)
def useradd_no_log_init(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`useradd` writes the new user into `/var/log/lastlog` and `faillog`, at a place that the UID gives. On disk these
    files have holes; in a layer the holes are zeros: a UID of a directory service makes gigabytes.

    Bad:
        FROM debian:12.5-slim
        ARG UID=1000580000
        RUN useradd --create-home -u 1000580000 app  # <- finding
        RUN groupadd x && useradd -mu ${UID} x  # <- finding
    Good:
        FROM debian:12.5-slim
        ARG UID=1000580000
        RUN useradd --no-log-init --create-home -u 1000580000 app
        RUN groupadd x && useradd --no-log-init -mu ${UID} x
    Also good:
        FROM debian:12.5-slim
        ARG UID
        RUN useradd -l -u 1000580000 a && useradd --no-log-init --uid=1000580001 b && useradd -lmu 1000580002 c
        RUN useradd -u 10001 app && useradd -u $UID d && useradd --system e
        RUN adduser --uid 1000580000 f
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN"):
            for command in instruction.commands:
                if command.program != "useradd":
                    continue
                options, names = read_options(command.arguments, _VALUED)
                uid = _uid(dockerfile, instruction, options)
                if uid is None or uid < _HUGE or options.has("-l", "--no-log-init"):
                    continue
                yield Problem(
                    at=command.span,
                    message=f"`useradd` with UID {uid} makes log files of up to {_size(uid)}",
                    subject=f"{stage.label} useradd {names[0].value if names else ''}".strip(),
                    why="`lastlog` grows with the UID; in a layer its holes are written out as zeros.",
                    edits=[with_word(dockerfile, command, command.program_span.end, "--no-log-init")],
                )


def _uid(dockerfile: Dockerfile, instruction: Instruction, options: Options) -> int | None:
    for value in options.values("-u", "--uid"):
        resolved = dockerfile.expand(value, instruction)
        if resolved is not None and resolved.isascii() and resolved.isdecimal() and len(resolved) < 12:
            return int(resolved)
    return None


def _size(uid: int) -> str:
    size = uid * _BYTES_A_USER
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
