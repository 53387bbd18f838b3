"""What apt and apt-get are asked to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewbot.source.command import Command, ShellWord
from reviewbot.source.dockerfile import Instruction, Stage

_WITH_VALUE = frozenset({"-o", "--option", "-c", "--config-file", "-t", "--target-release", "--default-release", "-a"})


@dataclass(frozen=True)
class AptCommand:
    """One call of apt or apt-get: its verb (``install``), and the packages named."""

    command: Command
    verb: ShellWord
    packages: tuple[ShellWord, ...]
    options: tuple[str, ...]
    """``-o`` settings, e.g. ``APT::Install-Recommends=false``."""
    is_fed_with_yes: bool

    def assumes_yes(self) -> bool:
        quiet = sum(
            w.value.count("q") for w in self.command.arguments if w.value.strip("-") and set(w.value) <= {"-", "q"}
        )
        quiet += sum(2 for w in self.command.arguments if w.value in ("-q=2", "-yqq", "-qqy"))
        told = self.command.has_flag("-y", "--yes", "--assume-yes", "--force-yes") or any(
            option.lower().startswith("apt::get::assume-yes=") for option in self.options
        )
        return told or quiet > 1 or self.is_fed_with_yes

    def skips_recommends(self) -> bool:
        off = ("apt::install-recommends=0", "apt::install-recommends=false", "apt::install-recommends=no")
        return self.command.has_flag("--no-install-recommends") or any(o.lower() in off for o in self.options)


def apt_commands(instruction: Instruction, *verbs: str) -> Iterator[AptCommand]:
    """The calls of apt and apt-get in a RUN that have one of these verbs."""
    if instruction.script is None:
        return
    commands = instruction.script.commands
    feeding = {c.pipeline for c in commands if c.program == "yes" and c.pipeline >= 0}
    for command in commands:
        if command.program not in ("apt", "apt-get"):
            continue
        read = _read(command, command.pipeline in feeding)
        if read is not None and read.verb.value in verbs:
            yield read


def _read(command: Command, is_fed: bool) -> AptCommand | None:
    operands: list[ShellWord] = []
    options: list[str] = []
    takes_value = ""
    for word in command.arguments:
        if takes_value:
            if takes_value in ("-o", "--option"):
                options.append(word.value)
            takes_value = ""
        elif word.value in _WITH_VALUE:
            takes_value = word.value
        elif word.value.startswith(("-o", "--option=")) and "=" in word.value:
            options.append(word.value.removeprefix("--option=").removeprefix("-o"))
        elif not word.value.startswith("-"):
            operands.append(word)
    return AptCommand(command, operands[0], tuple(operands[1:]), tuple(options), is_fed) if operands else None


def is_configured(stage: Stage, before: Instruction, setting: str) -> bool:
    """Whether an earlier instruction of the stage's lineage writes a setting into apt's configuration."""
    for each in stage.lineage:
        for instruction in each.instructions:
            if instruction.span.start >= before.span.start:
                return False
            bodies = "".join(heredoc.content for heredoc in instruction.heredocs)
            if instruction.keyword in ("RUN", "COPY") and setting in instruction.argument_text + bodies:
                return True
    return False
