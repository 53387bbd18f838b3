"""A service's ``healthcheck.test``, taken apart."""

from __future__ import annotations

import re

from msgspec import Struct

from reviewbot.source.command import Command
from reviewbot.source.compose import Node, Service
from reviewbot.source.interpolation import interpolate
from reviewbot.source.logical import LogicalText
from reviewbot.source.shell import parse_script
from reviewbot.source.text import Span

_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?::(\d{1,5}))?(?=[/?\s'\"]|$)")
_SHELLS = ("sh", "bash", "ash", "dash")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001}


class HealthTest(Struct, frozen=True):
    """``words`` are those behind ``CMD``; ``script`` is the command line that a shell reads, where one does."""

    node: Node
    words: tuple[str, ...]
    script: str | None

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands that are run, as far as they can be read."""
        return _commands(self.script) if self.script else ()

    @property
    def programs(self) -> tuple[str, ...]:
        """The names of the programs that are run, in order."""
        if self.script is None:
            return (self.words[0].rpartition("/")[2],) if self.words else ()
        return tuple(command.program for command in self.commands if command.program)

    @property
    def asked_ports(self) -> frozenset[int]:
        """The ports of the container itself that it asks over HTTP."""
        text = self.script if self.script is not None else " ".join(self.words)
        found = {match[1] or ("443" if match[0].startswith("https") else "80") for match in _URL.finditer(text)}
        return frozenset(int(port) for port in found)


def health_test(service: Service) -> HealthTest | None:
    """The test of a service's health check; None where there is none, or it is switched off."""
    node = service.get("healthcheck", "test")
    if node is None:
        return None
    if node.scalar is not None:
        return HealthTest(node, (), _resolved(node.scalar))
    words = [_resolved(item.scalar or "") for item in node.elements()]
    match words:
        case ["CMD-SHELL", script, *_]:
            return HealthTest(node, (), script)
        case ["CMD", shell, "-c", script] if shell.rpartition("/")[2] in _SHELLS:
            return HealthTest(node, (shell, "-c", script), script)
        case ["CMD", *command]:
            return HealthTest(node, tuple(command), None)
        case _:
            return None


def seconds(written: str | None) -> float | None:
    """A duration such as ``1m30s`` in seconds; None for what is none."""
    if not written or not re.fullmatch(rf"(?:{_DURATION.pattern})+", written):
        return None
    return sum(float(match[1]) * _SECONDS[match[2]] for match in _DURATION.finditer(written))


def _commands(script: str) -> tuple[Command, ...]:
    return parse_script(LogicalText.whole(script, Span(0, len(script)))).commands


def _resolved(written: str) -> str:
    resolved = interpolate(written)
    return written.replace("$$", "$") if resolved is None else resolved
