"""The action's inputs, as settings that win over the configuration file."""

from __future__ import annotations

import enum
from typing import Any

from reviewbot.action.runtime import Runtime
from reviewbot.report.formats import FORMATS
from reviewbot.settings import SettingsProblem

_WORDS = (
    "fail-on",
    "scope",
    "max-size",
    "max-increase",
    "max-layer",
    "over-budget",
    "rebuild-cost",
    "fail-on-cve",
    "network",
    "platform",
    "builder",
    "baseline",
    "context",
    "check-name",
)
_NO_NAME = "none"
"""What `check-name` says for no check run: an input that is empty is one that is not given."""
_LINES = ("cache-from", "cache-to")
"""Inputs with a value on each line: the values themselves have commas."""
_SWITCHES = ("build", "registry", "drafts", "file-comments", "request-changes")
_NUMBERS = ("max-comments", "build-timeout")


class Mode(enum.Enum):
    """All of a review, or the parts that a workflow spreads over several jobs."""

    REVIEW = "review"
    PLAN = "plan"
    MEASURE = "measure"


def read_inputs(runtime: Runtime) -> dict[str, Any]:
    """Settings that the workflow gives. Raises SettingsProblem for an input that is not understood."""
    given: dict[str, Any] = {name: runtime.input(name) for name in _WORDS if runtime.input(name)}
    if given.get("check-name") == _NO_NAME:
        given["check-name"] = ""
    if runtime.input("rules"):
        given["rules"] = read_words(runtime, "rules")
    for name in _LINES:
        if value := runtime.input(name):
            given[name] = tuple(line.strip() for line in value.splitlines() if line.strip())
    for name in _SWITCHES:
        if value := runtime.input(name):
            given[name] = _truth(name, value)
    for name in _NUMBERS:
        if value := runtime.input(name):
            if not value.isdecimal():
                raise SettingsProblem(f"the input `{name}` is a number, not {value!r}")
            given[name] = int(value)
    return given


def read_formats(runtime: Runtime) -> list[str]:
    """The formats of reports to write. Raises SettingsProblem for one that is none."""
    wanted = [word.strip() for word in runtime.input("formats").split(",") if word.strip()]
    for name in wanted:
        if name not in FORMATS:
            raise SettingsProblem(f"the input `formats` names {name!r}; known are {', '.join(FORMATS)}")
    return list(dict.fromkeys(["json", *wanted]))


def read_words(runtime: Runtime, name: str) -> tuple[str, ...]:
    """An input with several words, one on each line or separated by commas."""
    return tuple(word.strip() for line in runtime.input(name).splitlines() for word in line.split(",") if word.strip())


def read_mode(runtime: Runtime) -> Mode:
    """Which part of a review this job is for. Raises SettingsProblem for a word that is none."""
    word = runtime.input("mode") or Mode.REVIEW.value
    try:
        return Mode(word)
    except ValueError:
        raise SettingsProblem(f"the input `mode` is {', '.join(mode.value for mode in Mode)}, not {word!r}") from None


def is_on(runtime: Runtime, name: str) -> bool:
    """Whether a switch that is no setting is on. Raises SettingsProblem for another word than true and false."""
    value = runtime.input(name)
    return bool(value) and _truth(name, value)


def _truth(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise SettingsProblem(f"the input `{name}` is true or false, not {value!r}")
    return value.lower() == "true"
