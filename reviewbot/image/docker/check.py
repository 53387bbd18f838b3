"""BuildKit's own checks of a build, where buildx and the engine have them: ``docker buildx build --call=check``.

The answer is that of the subrequest ``frontend.lint``, version 1.0.0, as JSON.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from reviewbot.image.docker.process import answer_of
from reviewbot.image.model.report import BuildCheck

_SECONDS = 60
_FIRST_WITH_CHECKS = (0, 15)
"""The first buildx that has ``--call``; older ones take it for a mistake."""
_MOST_BYTES = 4_000_000
_MOST = 200


class _Position(msgspec.Struct, frozen=True):
    line: int = 1


class _Range(msgspec.Struct, frozen=True):
    start: _Position = _Position()
    end: _Position = _Position()


class _Location(msgspec.Struct):
    ranges: tuple[_Range, ...] | None = None


class _Warning(msgspec.Struct, rename="camel"):
    rule_name: str
    description: str = ""
    url: str = ""
    detail: str = ""
    location: _Location | None = None


class _Answer(msgspec.Struct):
    warnings: tuple[_Warning, ...] | None = None


def has_checks(buildx_version: str) -> bool:
    """Whether this buildx can ask for them: ``v0.15.1``, ``0.13.1+ds1``."""
    version = re.search(r"(\d+)\.(\d+)", buildx_version)
    return version is not None and (int(version[1]), int(version[2])) >= _FIRST_WITH_CHECKS


def ask_for_checks(command: Sequence[str], environment: Mapping[str, str]) -> tuple[BuildCheck, ...]:
    """The answer of a ``docker buildx build --call=check,format=json …``; nothing where there is none: an engine whose
    front end has no checks, a base image that cannot be had, a build that would fail anyhow."""
    try:
        answer = answer_of(command, environment, seconds=_SECONDS, output_bytes=_MOST_BYTES)
    except OSError:
        return ()
    return read_checks(answer.output) if answer.stopped is None else ()


def read_checks(answer: bytes) -> tuple[BuildCheck, ...]:
    """The checks in an answer; none in what is not one."""
    try:
        warnings = msgspec.json.decode(answer, type=_Answer).warnings or ()
    except msgspec.DecodeError:
        return ()
    return tuple(_check(warning) for warning in warnings[:_MOST])


def _check(warning: _Warning) -> BuildCheck:
    ranges = warning.location.ranges if warning.location and warning.location.ranges else (_Range(),)
    first = max(1, min(each.start.line for each in ranges))
    last = max(first, *(each.end.line for each in ranges))
    words = warning.detail or warning.description
    return BuildCheck(warning.rule_name, words, first, last, warning.url)


def brought_in(before: Iterable[BuildCheck], after: Iterable[BuildCheck]) -> tuple[BuildCheck, ...]:
    """Those that are there after and were not before, wherever they stood."""
    known = Counter((check.rule, check.message) for check in before)
    new = []
    for check in after:
        if known[(check.rule, check.message)] > 0:
            known[(check.rule, check.message)] -= 1
        else:
            new.append(check)
    return tuple(new)
