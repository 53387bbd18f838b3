"""STOPSIGNAL that leaves no time to stop."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile

_KILLS = frozenset({"9", "KILL", "SIGKILL"})
_CANNOT_STOP = frozenset({"19", "STOP", "SIGSTOP", "18", "CONT", "SIGCONT", "17", "CHLD", "SIGCHLD"})


@rule(
    "stop-signal",
    title="Let a container stop with a signal that its program can handle",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
)
def stop_signal(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`SIGKILL` cannot be handled: the program dies in the middle of a request or a write, every time the container stops.
    Signals that do not end a program let every stop wait for ten seconds.

    Bad:
        FROM debian:12.5-slim
        STOPSIGNAL SIGKILL  # <- finding
        CMD ["serve"]
    Bad:
        FROM debian:12.5-slim
        STOPSIGNAL 19  # <- finding
    Good:
        FROM debian:12.5-slim
        STOPSIGNAL SIGQUIT
        CMD ["serve"]
    Also good:
        FROM debian:12.5-slim
        ARG SIGNAL
        STOPSIGNAL $SIGNAL
        STOPSIGNAL SIGRTMIN+3
        STOPSIGNAL 15
        STOPSIGNAL sigwinch
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("STOPSIGNAL"):
            name = (dockerfile.expand(instruction.words[0].value, instruction) or "").strip().upper()
            if name in _KILLS or name in _CANNOT_STOP:
                yield Problem(
                    at=instruction.arguments,
                    message=f"{code(name)} kills the program without a word"
                    if name in _KILLS
                    else f"{code(name)} does not end a program",
                    subject=f"{stage.label} {name}",
                    why="Nothing that the program is doing can be brought to an end."
                    if name in _KILLS
                    else "Each stop waits ten seconds, and kills it then.",
                    advice="Drop the instruction: Docker sends `SIGTERM`.",
                )
