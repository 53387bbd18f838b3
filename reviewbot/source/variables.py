"""What ARG and ENV make of a ``$variable`` at each point of a Dockerfile."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from e2b_dockerfile_utils import ShellLex
from msgspec import Struct, field

from reviewbot.source.instruction import Assignment, Instruction
from reviewbot.source.stage import Stage

_MAX_LENGTH = 2_000
"""Characters of a value that is still followed: ``ENV A=$A$A`` doubles it each time."""

_PLATFORM = re.compile(r"(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT|OSVERSION)\Z")
_PREDEFINED = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "SOURCE_DATE_EPOCH"})

_NEEDS_A_VALUE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)[}#%/])")
"""References that say nothing of what an unset variable stands for."""
_PATTERN = re.compile(r"\$\{\w+[#%/]")
_SAFE_PATTERN = re.compile(r"\$\{\w+[#%/][^*${}\\]*\*?[^*${}\\]*\}")
"""A pattern with one ``*`` at most takes time in proportion to the square of the value's length, no more."""


class _State(Enum):
    UNSET = "unset"
    """Declared, or known not to be there, without a value: ``${x:-y}`` is ``y``."""
    UNKNOWN = "unknown"
    """Something the file does not tell: the base image's ENV, a platform."""


_Value = str | _State


class _History(Struct):
    """The values of variables from the points where they were set."""

    points: dict[str, tuple[list[int], list[_Value]]] = field(default_factory=dict)

    def set(self, name: str, offset: int, value: _Value) -> None:
        offsets, values = self.points.setdefault(name, ([], []))
        offsets.append(offset)
        values.append(value)

    def get(self, name: str, before: int) -> _Value | None:
        """The value as of an offset of the file; None where it was not set by then."""
        if name not in self.points:
            return None
        offsets, values = self.points[name]
        index = bisect.bisect_left(offsets, before)
        return values[index - 1] if index else None


class _Lookup(Mapping[str, str]):
    """What the lexer asks; it remembers the names it had no value for."""

    def __init__(self, variables: Variables, stage: Stage | None, before: int) -> None:
        self.variables = variables
        self.stage = stage
        self.before = before
        self.unset: set[str] = set()
        self.unknown: set[str] = set()
        self.given = 0

    def __getitem__(self, name: str) -> str:
        value = self.variables.value(name, self.stage, self.before)
        if isinstance(value, str):
            self.given += len(value)
            if self.given > _MAX_LENGTH:
                raise ValueError("values too long to be followed")
            return value
        (self.unset if value is _State.UNSET else self.unknown).add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the names in a scope cannot be listed: a base image may add more")

    def __len__(self) -> int:
        raise TypeError("the names in a scope cannot be counted: a base image may add more")


class Variables:
    """The variables of a whole Dockerfile.

    Global ARGs are seen by FROM, and in a stage that declares them again. Within a stage what was set last counts,
    but for an ARG after an ENV of another value: there builders differ. A stage built from an earlier one has what
    that one had at its end, ENV before ARG. What an external base image sets is not known.
    """

    def __init__(self, global_args: Sequence[Instruction], stages: Sequence[Stage], escape: str) -> None:
        self._escape = escape
        self._special = frozenset(f"$'\"<{escape}")
        """What the lexer takes for more than a character of the word."""
        self._resolved: dict[tuple[str, int, int, bool], str | None] = {}
        self._global_args = _History()
        self._set = {stage.index: _History() for stage in stages}
        self._env = {stage.index: _History() for stage in stages}
        for instruction in global_args:
            for assignment in instruction.assignments:
                before = assignment.span.start
                self._global_args.set(assignment.name, before, self._default(assignment, None, before))
        for stage in stages:
            for instruction in stage.all("ARG", "ENV"):
                self._declare(stage, instruction)

    def _declare(self, stage: Stage, instruction: Instruction) -> None:
        """Assignments of one instruction do not see each other."""
        at = instruction.span.start
        for assignment in instruction.assignments:
            name = assignment.name
            value = self._default(assignment, stage, at)
            if instruction.keyword == "ENV":
                self._env[stage.index].set(name, at, value)
            else:
                environment = self._environment(name, stage, at)
                value = value if environment in (None, value) else _State.UNKNOWN
            self._set[stage.index].set(name, at, value)

    def _default(self, assignment: Assignment, stage: Stage | None, before: int) -> _Value:
        name = assignment.name
        if assignment.raw_value is not None and not (stage is None and _PLATFORM.match(name)):
            value = self.resolve(assignment.raw_value, stage, before)
            return _State.UNKNOWN if value is None else value
        if _PLATFORM.match(name):
            return _State.UNKNOWN
        declared = self._global_args.get(name, before) if stage is not None else None
        return _State.UNSET if declared is None else declared

    def value(self, name: str, stage: Stage | None, before: int) -> _Value:
        """A variable's value as of an offset: in a stage, or (None) where global ARGs hold."""
        if stage is None:
            value = self._global_args.get(name, before)
            predefined = _PLATFORM.match(name) or name.upper() in _PREDEFINED
            return value if value is not None else _State.UNKNOWN if predefined else _State.UNSET
        value = self._set[stage.index].get(name, before)
        if value is None:
            value = self._environment(name, stage.parent, before)
        ancestor = stage.parent
        while value is None and ancestor is not None:
            value = self._set[ancestor.index].get(name, before)
            ancestor = ancestor.parent
        if value is not None:
            return value
        return _State.UNSET if stage.lineage[0].base.lower() == "scratch" else _State.UNKNOWN

    def _environment(self, name: str, stage: Stage | None, before: int) -> _Value | None:
        """What ENV sets in a stage or those it is built from."""
        while stage is not None:
            value = self._env[stage.index].get(name, before)
            if value is not None:
                return value
            stage = stage.parent
        return None

    def resolve(self, word: str, stage: Stage | None, before: int, *, quoted: bool = True) -> str | None:
        """A word as the builder takes it; None where it needs a value that is not known.

        ``quoted`` says that the word still has its quotes and escapes, which are then removed.
        """
        if len(word) > _MAX_LENGTH:
            return None
        if self._special.isdisjoint(word) if quoted else "$" not in word:
            return word
        key = word, -1 if stage is None else stage.index, before, quoted
        if key not in self._resolved:
            self._resolved[key] = self._lexed(word, stage, before, quoted=quoted)
        return self._resolved[key]

    def _lexed(self, word: str, stage: Stage | None, before: int, *, quoted: bool) -> str | None:
        if len(_PATTERN.findall(word)) != len(_SAFE_PATTERN.findall(word)):
            return None
        lookup = _Lookup(self, stage, before)
        lexer = ShellLex(
            self._escape if quoted else "\0", skip_process_quotes=not quoted, env=lookup, skip_unset_env=False
        )
        try:
            value = lexer.process_word(word)
        except ValueError:
            return None
        needed = {name for names in _NEEDS_A_VALUE.findall(word) for name in names}
        if lookup.unknown or lookup.unset & needed or len(value) > _MAX_LENGTH:
            return None
        return value
