"""Which of ShellCheck's remarks are worth a reviewer's time in a Dockerfile, and which of its fixes are safe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reviewbot.shellcheck.model import Remark
from reviewbot.shellcheck.scripts import PlacedScript

MEANINGLESS = frozenset({1008, 1009, 1071, 1073, 1090, 1091, 1094, 2148, 2187, 2239})
"""About shebangs and sourced files, which a RUN has not; and what is said twice of a script that does not parse."""

_UNREADABLE = 1072

TASTE = frozenset(
    {
        1007,  # `VAR= && …`: an empty value
        1075,  # `else if`
        1083,  # a literal `{}`: `curl -w %{http_code}` and templates work as they are
        2010,  # `ls | grep`: the names in an image are known
        2024,  # `sudo cmd > file`: RUN is root already, or the build fails at once
        2034,  # a variable that is not used
        2038,  # `find | xargs` without -print0
        2043,  # a loop over one thing, where others have more
        2044,  # `for x in $(find …)`
        2045,  # `for x in $(ls …)`
        2046,  # `$(…)` without quotes: in a RUN the splitting is mostly wanted (`$(nproc)`, lists of packages)
        2061,  # `find -name *.x`: no such file lies where the build stands
        2155,  # `export x=$(…)`: `export GNUPGHOME="$(mktemp -d)"` is how everybody writes it
        2166,  # `[ a -a b ]`
        2174,  # `mkdir -p -m`
        2188,  # `> file` without a command
        2206,
        2211,  # a program's path with a glob in it
        2207,  # splitting into an array, on purpose
    }
)
"""Warnings of ShellCheck that in a RUN are mostly about taste."""

_PORTABILITY = range(3000, 4000)
"""What a shell does not have: only where it is known which shell that is."""

_VARIABLE = re.compile(r"\$\{?(\w+)")
_MODE = re.compile(r"\bchmod\s+(?:-\S+\s+)*\Z")
"""`chmod =755 x`, which ShellCheck takes for an assignment."""

_BUSYBOX_HAS = frozenset({3001, 3040})
"""Process substitution and `pipefail`, which busybox's ash has and ShellCheck does not expect of it."""

_SAFE = frozenset({2006, 2068, 2164, 2236, 2237})
"""Fixes that change nothing where the script was right: `$(…)` for backticks, `"$@"`, `cd … || exit`,
`-n` for `! -z`."""


def remarks_worth(placed: PlacedScript, remarks: Iterable[Remark], *, taste: bool) -> Iterator[Remark]:
    """The remarks that say something true of this script: those of substance, or (``taste``) the others."""
    for remark in _one_for_what_does_not_parse(remarks):
        if remark.code in MEANINGLESS:
            continue
        if remark.code in _PORTABILITY and (
            placed.shell.dialect is None or (placed.shell.dialect == "busybox" and remark.code in _BUSYBOX_HAS)
        ):
            continue
        if remark.code == 2164 and not placed.script.text[remark.end :].strip():
            continue  # nothing follows that would run in the wrong folder
        if remark.code == 2154 and _reads_more(placed):
            continue  # somebody else may set it
        if remark.code == 2115 and _is_set_by_the_build(placed, remark):
            continue
        if remark.code == 2283 and _MODE.search(placed.script.text, 0, remark.start):
            continue
        is_taste = remark.level in ("info", "style") or remark.code in TASTE
        if is_taste is taste:
            yield remark


def _one_for_what_does_not_parse(remarks: Iterable[Remark]) -> Iterator[Remark]:
    """Of the several errors about a script that cannot be read, the first one that says more than that."""
    said = list(remarks)
    if any(remark.code == _UNREADABLE for remark in said):
        errors = [r for r in said if r.level == "error" and r.code < 2000 and r.code not in MEANINGLESS]
        telling = next((r for r in errors if r.code != _UNREADABLE), errors[0])
        said = [remark for remark in said if remark not in errors or remark is telling]
    yield from said


def _reads_more(placed: PlacedScript) -> bool:
    commands = placed.instruction.script.commands if placed.instruction.script else ()
    return any(command.program in (".", "source", "eval") for command in commands)


def _is_set_by_the_build(placed: PlacedScript, remark: Remark) -> bool:
    """Whether every variable of the place is one of ARG or ENV: it is not empty by a slip of the script."""
    known = {name for name, _ in placed.script.variables}
    used = _VARIABLE.findall(placed.script.text[remark.start : remark.end])
    return bool(used) and known.issuperset(used)


def has_safe_fix(placed: PlacedScript, remark: Remark) -> bool:
    """Whether ShellCheck's own fix can be made as it is: what it replaces stands in the file without a gap."""
    if remark.code not in _SAFE or not remark.fix:
        return False
    if remark.code == 2006 and "\\" in placed.script.text[remark.start : remark.end]:
        return False
    spans = [placed.source.span(r.start, r.end) for r in remark.fix]
    return all(span.end - span.start == r.end - r.start for span, r in zip(spans, remark.fix, strict=True))
