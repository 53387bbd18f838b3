"""How often, how long and how many times a HEALTHCHECK asks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Flag, Instruction
from reviewbot.source.text import Span

_DURATION = re.compile(r"(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+\Z")
_PART = re.compile(r"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATIONS = ("interval", "timeout", "start-period", "start-interval")
_RARELY = 15 * 60.0
_HURRIED = 1.0


@rule(
    "healthcheck-options",
    title="Ask a health check often enough, and give it time",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    fixable=True,
)
def healthcheck_options(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A duration needs a unit (`30s`). An interval of less than a second keeps a container busy with being asked; one of a
    quarter of an hour says that a service is well long after it died; a timeout above the interval hides that it
    hangs. A single retry restarts a service for one slow answer.

    Bad (no unit: the build stops):
        FROM debian:12.5-slim
        HEALTHCHECK --interval=30 --timeout=5s CMD probe  # <- finding
    Good:
        FROM debian:12.5-slim
        HEALTHCHECK --interval=30s --timeout=5s CMD probe
    Bad (all the time; too seldom; longer than the interval):
        FROM debian:12.5-slim AS one
        HEALTHCHECK --interval=100ms CMD probe  # <- finding
        FROM debian:12.5-slim AS two
        HEALTHCHECK --interval=1h CMD probe  # <- finding
        FROM debian:12.5-slim
        HEALTHCHECK --interval=5s --timeout=60s CMD probe  # <- finding
    Also good:
        FROM debian:12.5-slim AS one
        HEALTHCHECK --interval=5m --timeout=3s --start-period=1m30s --retries=3 CMD probe
        FROM debian:12.5-slim AS two
        HEALTHCHECK --interval=10s CMD probe
        FROM debian:12.5-slim AS three
        HEALTHCHECK --interval=30s --timeout=30s --start-interval=1s CMD probe
        FROM debian:12.5-slim
        HEALTHCHECK NONE
    Also good (zero means the default):
        FROM debian:12.5-slim
        HEALTHCHECK --interval=0s CMD probe
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("HEALTHCHECK")[-1:]:
            for flag, message, why, edits in _judge(dockerfile, instruction):
                yield Problem(
                    at=flag.span,
                    message=message,
                    subject=f"{stage.label} {flag.name}",
                    why=why,
                    advice="" if edits else "The defaults are `--interval=30s --timeout=30s --retries=3`.",
                    edits=edits,
                    severity=Severity.ERROR if "stops" in why else None,
                )


def _judge(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[tuple[Flag, str, str, list[Edit]]]:
    seconds: dict[str, float] = {}
    for flag in instruction.flags:
        value = flag.value or ""
        if flag.name not in _DURATIONS or "$" in value:
            continue
        if not _DURATION.match(value) and value != "0":
            is_number = value.isascii() and value.isdecimal()
            at = Span(flag.span.end, flag.span.end)
            plain = dockerfile.text[flag.span] == f"--{flag.name}={value}"
            edits = [Edit(dockerfile.path, at, "s")] if is_number and plain else []
            yield flag, f"{code(value)} is no duration: it has no unit", "The build stops here.", edits
            continue
        seconds[flag.name] = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(value))
    flags = {flag.name: flag for flag in instruction.flags}
    interval, timeout = seconds.get("interval") or 30.0, seconds.get("timeout") or 30.0
    if interval < _HURRIED:
        yield (
            flags["interval"],
            "This health check runs all the time",
            "Each run starts a process in the container.",
            [],
        )
    elif interval > _RARELY:
        why = f"With {code(flags['interval'].value or '')} a dead service counts as healthy for that long, times the retries."
        yield flags["interval"], "This health check asks too seldom to notice anything", why, []
    if "timeout" in seconds and timeout > 30.0 and timeout > interval:
        why = "A service that hangs is found out only when the timeout has passed, as many times as there are retries."
        yield flags["timeout"], f"The timeout is longer than the interval of {interval:g} seconds", why, []
