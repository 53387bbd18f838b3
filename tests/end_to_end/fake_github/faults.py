"""Faults to order in advance: what goes wrong with the next requests that match."""

from __future__ import annotations

import enum
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_PAGE = "<!DOCTYPE html><html><head><title>Unicorn! · GitHub</title></head><body>This page is taking too long.</body></html>"


class Mishap(enum.Enum):
    """What a client sees; each but ANSWER is possible before and after the request took effect."""

    ANSWER = enum.auto()
    """Another answer, and no effect."""
    RESET = enum.auto()
    """The connection is reset without an answer."""
    TRUNCATED = enum.auto()
    """The answer breaks off in the middle of its JSON, though its length says otherwise."""
    GARBLED = enum.auto()
    """The answer is whole for HTTP, but only half a JSON text."""
    SLOW = enum.auto()
    """Nothing is heard for a while; then the answer comes."""


@dataclass
class Fault:
    """One mishap for each of the next ``times`` requests whose method, path and body match.

    ``path`` is a regular expression for any part of the path, ``body`` a text somewhere in the request's body.
    """

    mishap: Mishap
    method: str = ""
    path: str = ""
    body: str = ""
    times: int = 1
    is_after_effect: bool = False
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: Any = None
    seconds: float = 0.0
    meanwhile: Callable[[], object] | None = None

    def pass_time(self, closing: threading.Event) -> None:
        """Let happen what takes time, until the server closes."""
        closing.wait(self.seconds)
        if self.meanwhile:
            self.meanwhile()

    def matches(self, method: str, path: str, body: str) -> bool:
        return (
            self.times > 0
            and self.method in ("", method)
            and re.search(self.path, path) is not None
            and self.body in body
        )


class Faults:
    """A queue: of several faults that match a request, the one ordered first happens to it."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._queue.append(fault)

    def take(self, method: str, path: str, body: str) -> Fault | None:
        for fault in self._queue:
            if fault.matches(method, path, body):
                fault.times -= 1
                return fault
        return None

    @property
    def left(self) -> int:
        """Faults that have not happened yet: a test that leaves some did not test what it meant to."""
        return sum(fault.times for fault in self._queue)

    def error(self, status: int, *, after_effect: bool = False, **where: Any) -> None:
        """A JSON error such as 500, 502 or 503."""
        self._add(Mishap.ANSWER, where, status=status, answer={"message": "Server Error"}, is_after_effect=after_effect)

    def html(self, status: int = 502, *, after_effect: bool = False, **where: Any) -> None:
        """A page for people: an error, or with status 200 a proxy's."""
        self._add(Mishap.ANSWER, where, status=status, answer=_PAGE, is_after_effect=after_effect)

    def reset(self, *, after_effect: bool, **where: Any) -> None:
        self._add(Mishap.RESET, where, is_after_effect=after_effect)

    def truncate(self, **where: Any) -> None:
        self._add(Mishap.TRUNCATED, where, is_after_effect=True)

    def garble(self, **where: Any) -> None:
        self._add(Mishap.GARBLED, where, is_after_effect=True)

    def slow(self, seconds: float, *, after_effect: bool = False, **where: Any) -> None:
        """A pause, after which the answer comes all the same."""
        self._add(Mishap.SLOW, where, seconds=seconds, is_after_effect=after_effect)

    def meanwhile(self, action: Callable[[], object], *, after_effect: bool = False, **where: Any) -> None:
        """Something else happens while the request is on its way: a push, say, or a whole other run."""
        self._add(Mishap.SLOW, where, meanwhile=action, is_after_effect=after_effect)

    def secondary_limit(self, retry_after: int, status: int = 403, **where: Any) -> None:
        """``retry_after``: seconds."""
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        self._limit(status, message, {"Retry-After": str(retry_after)}, where)

    def primary_limit(self, reset: int, status: int = 403, **where: Any) -> None:
        """``reset``: seconds since 1970."""
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
        self._limit(status, "API rate limit exceeded for installation.", headers, where)

    def refuse(self, message: str = "Unprocessable Entity", errors: Any = (), **where: Any) -> None:
        """A 422 for no reason that can be seen."""
        self._add(Mishap.ANSWER, where, status=422, answer={"message": message, "errors": list(errors)})

    def _limit(self, status: int, message: str, headers: Mapping[str, str], where: Mapping[str, Any]) -> None:
        self._add(Mishap.ANSWER, where, status=status, headers=headers, answer={"message": message})

    def _add(self, mishap: Mishap, where: Mapping[str, Any], **others: Any) -> None:
        self.add(Fault(mishap, **where, **others))
