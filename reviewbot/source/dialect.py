"""Which shell reads a RUN: the one that SHELL names, a heredoc's own, or the one that the base image has as ``sh``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from reviewbot.source.command import Command
from reviewbot.source.distribution import Family, family_of
from reviewbot.source.dockerfile import Dockerfile, Heredoc, Instruction, Stage
from reviewbot.source.logical import LogicalText
from reviewbot.source.reference import parse_reference
from reviewbot.source.wrappers import POSIX_SHELLS, base_name, interpreter_of, reads_standard_input

_SH_OF = {Family.DEBIAN: "dash", Family.ALPINE: "busybox", Family.REDHAT: "bash"}
_DIALECTS = {"ash": "busybox", "bash": "bash", "dash": "dash", "ksh": "ksh", "mksh": "ksh"}
_CLUSTER = re.compile(r"-[a-zA-Z]+\Z")
_POWERSHELL = re.compile(
    r"\$(?:env:|null\b|true\b|false\b|ErrorActionPreference|ProgressPreference)|\.ps1\b"
    r"|\b(?:New-Object|New-Item|Invoke-[A-Z]\w+|Remove-Item|Set-[A-Z]\w+|Start-Process|Expand-Archive|Write-Host)\b"
)
"""What a base image with a shell of its own is given away by, where nothing else tells that it is one of Windows."""

_WITH_PIPEFAIL = frozenset({"bash", "busybox", "ksh"})
_NEW_DASH = re.compile(r"(?:^|-)(?:trixie|forky|sid)(?:-|$)")
_OPTION_NAMES = frozenset({"errexit", "nounset", "pipefail", "xtrace", "noglob"})


class RunShell(Struct, frozen=True):
    """The shell of one RUN. ``dialect`` is ``dash``, ``busybox``, ``bash`` or ``ksh``; None where it is not known.

    ``options`` are those it is started with, as words (``-euo pipefail``), without the ``c`` of ``-c``; ``program`` is
    its path or name as written, ``/bin/sh`` where nothing is.
    """

    dialect: str | None
    options: str = ""
    program: str = "/bin/sh"
    takes_pipefail: bool = False
    """Whether it is known to have the option `pipefail`: dash has it in Debian from 13 on."""

    @property
    def has_pipefail(self) -> bool:
        return "pipefail" in self.options.split()

    @property
    def ends_on_error(self) -> bool:
        words = self.options.split()
        return "errexit" in words or any(_CLUSTER.match(word) and "e" in word for word in words)


class FedHeredoc(Struct, frozen=True):
    """A heredoc that a command of a RUN reads as its script: ``bash <<EOF``, ``<<EOF sh -x``.

    Neither the options of SHELL nor a ``#!`` line in its body have a say in how it is read.
    """

    heredoc: Heredoc
    body: LogicalText
    reader: Command
    shell: RunShell


class Shells:
    """The shells of a Dockerfile's instructions. What holds for a whole stage is looked up once."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._dockerfile = dockerfile
        self._of_stage: dict[int, tuple[RunShell, list[tuple[int, list[str]]]]] = {}

    def of(self, run: Instruction) -> RunShell | None:
        """The shell that reads an instruction's shell form or heredoc; None where none is a POSIX shell's."""
        stage = self._dockerfile.stage_of(run)
        if run.shell_input is None or stage is None or _is_powershell(run.shell_input.source.text):
            return None
        sh, settings = self._stage(stage)
        if is_own_script(run):
            line = run.heredocs[0].content.split("\n", 1)[0]
            interpreter = interpreter_of(run.heredocs[0].content)
            if interpreter is not None:
                words = line[2:].split()
                after = words[next((n for n, word in enumerate(words) if base_name(word) == interpreter), 0) + 1 :]
                return _named(sh, interpreter, after, words[0] if words else interpreter)
        words = next((words for start, words in settings if start < run.span.start), [])
        if not words:
            return sh
        at = next((n for n, word in enumerate(words) if base_name(word) in POSIX_SHELLS), None)
        return None if at is None else _named(sh, base_name(words[at]), words[at + 1 :], words[at])

    def fed(self, run: Instruction) -> Iterator[FedHeredoc]:
        """The heredocs of a RUN that a POSIX shell reads from its standard input."""
        stage = self._dockerfile.stage_of(run)
        if run.shell_input is None or not run.shell_input.bodies or stage is None:
            return
        heredocs = {heredoc.marker: heredoc for heredoc in run.heredocs}
        readers = [command for command in run.commands if reads_standard_input(command.words)]
        for marker, body in run.shell_input.bodies:
            reader = next((command for command in readers if command.span.contains(marker)), None)
            heredoc = heredocs.get(marker)
            if reader is None or reader.program is None or heredoc is None:
                continue
            shell = _named(self._stage(stage)[0], reader.program, _own_options(reader), reader.program)
            yield FedHeredoc(heredoc, body, reader, shell)

    def _stage(self, stage: Stage) -> tuple[RunShell, list[tuple[int, list[str]]]]:
        """What the stage has as ``/bin/sh``, and the SHELLs in force in it by their offsets, the latest first."""
        if stage.index not in self._of_stage:
            settings = [
                (i.span.start, [word.value for word in i.words]) for each in stage.lineage for i in each.all("SHELL")
            ]
            self._of_stage[stage.index] = self._sh(stage), settings[::-1]
        return self._of_stage[stage.index]

    def _sh(self, stage: Stage) -> RunShell:
        """What the base image has as ``/bin/sh``; not known where a RUN may put another there."""
        base = self._dockerfile.base_image(stage)
        family = family_of(parse_reference(base)) if base else None
        if family is None or any(_replaces_sh(i) for level in stage.lineage for i in level.all("RUN")):
            return RunShell(None)
        dialect = _SH_OF.get(family)
        return RunShell(
            dialect, takes_pipefail=dialect in _WITH_PIPEFAIL or (dialect == "dash" and _has_new_dash(base))
        )


def _named(sh: RunShell, name: str, after: list[str], program: str) -> RunShell:
    """A shell that is named: ``sh`` is what the base image has."""
    if name == "sh":
        return RunShell(sh.dialect, _options(after), program, sh.takes_pipefail)
    dialect = _DIALECTS.get(name)
    takes_pipefail = dialect in _WITH_PIPEFAIL or (dialect == "dash" and sh.dialect == "dash" and sh.takes_pipefail)
    return RunShell(dialect, _options(after), program, takes_pipefail)


def _own_options(reader: Command) -> list[str]:
    """The words that a shell is started with, those of bash's ``SHELLOPTS`` among them."""
    words = [word.value for word in reader.arguments]
    given = [value for name, value, _ in reader.assignments if name == "SHELLOPTS" and reader.program == "bash"]
    return [*words[: words.index("--") if "--" in words else None], *(":".join(given).split(":") if given else [])]


def _has_new_dash(base: str | None) -> bool:
    reference = parse_reference(base) if base else None
    tag = reference.tag if reference and reference.tag else ""
    return _NEW_DASH.search(tag) is not None or bool(
        reference and reference.familiar_name == "debian" and re.match(r"1[3-9]\b", tag)
    )


@lru_cache(maxsize=512)
def _is_powershell(script: str) -> bool:
    return _POWERSHELL.search(script) is not None and "pwsh" not in script and "powershell" not in script.lower()


def is_own_script(run: Instruction) -> bool:
    """Whether the instruction is nothing but a heredoc, whose body is the script."""
    return len(run.heredocs) == 1 and run.heredocs[0].marker == run.arguments


def _options(words: list[str]) -> str:
    kept = []
    for word in words:
        if _CLUSTER.match(word):
            letters = word[1:].replace("c", "")
            kept += [f"-{letters}"] if letters else []
        elif word in _OPTION_NAMES:
            kept.append(word)
    return " ".join(kept)


def _replaces_sh(run: Instruction) -> bool:
    if "/bin/sh" not in run.argument_text and "dash/sh" not in run.argument_text:
        return False
    commands = run.commands
    return any(
        (c.program in ("ln", "cp", "mv", "update-alternatives") and any(w.value == "/bin/sh" for w in c.arguments))
        or any("dash/sh" in w.value for w in c.arguments)
        for c in commands
    )
