"""The scripts of a Dockerfile that ShellCheck can judge, each with the way back into the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewbot.image.model import ImageConfig
from reviewbot.shellcheck.model import ShellScript
from reviewbot.source.dialect import RunShell, is_own_script, shell_of
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.logical import LogicalText
from reviewbot.source.secrets import names_a_secret

LONGEST = 20_000
"""Characters of a script that is still handed over: ShellCheck's time and memory grow faster than its input."""

_VARIABLE = re.compile(r"\$\{?#?!?([A-Za-z_]\w*)")
_PLAIN_VALUE = re.compile(r"[\w./:@%+,=-]{0,200}\Z")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class PlacedScript:
    """A script of one RUN. ``source`` has the same characters where they stand in the file."""

    script: ShellScript
    source: LogicalText
    instruction: Instruction
    shell: RunShell


def scripts_in(dockerfile: Dockerfile, images: Mapping[str, ImageConfig]) -> Iterator[PlacedScript]:
    """Every RUN in shell form or as a heredoc that a POSIX shell reads, in the order of the file."""
    for stage in dockerfile.stages:
        for run in stage.all("RUN"):
            shell = shell_of(dockerfile, run)
            if shell is None or run.shell_input is None:
                continue
            source = run.shell_input.source
            if not source.text.strip() or len(source.text) > LONGEST:
                continue
            script = ShellScript(
                text=_readable(source.text, is_body=is_own_script(run)),
                dialect=shell.dialect or "sh",
                options=shell.options,
                variables=_variables(source.text, dockerfile, stage, run, images),
            )
            yield PlacedScript(script, source, run, shell)


def _readable(text: str, *, is_body: bool) -> str:
    """The text as ShellCheck takes it, character for character: no carriage returns, no ``#!``, no broken bytes."""
    text = _SURROGATE.sub("?", text.replace("\r", " "))
    return f"# {text[2:]}" if is_body and text.startswith("#!") else text


def _variables(
    text: str, dockerfile: Dockerfile, stage: Stage, run: Instruction, images: Mapping[str, ImageConfig]
) -> tuple[tuple[str, str | None], ...]:
    """What the script uses and the build's environment holds: a value where ENV gives it, None where it may vary."""
    used = set(_VARIABLE.findall(text))
    if not used:
        return ()
    found: dict[str, str | None] = {}
    base = dockerfile.base_image(stage)
    config = images.get(base) if base else None
    found.update((name, _plain(name, value)) for name, value in (config.env if config else ()) if name in used)
    for level in stage.lineage:
        for instruction in level.all("ENV", "ARG"):
            if instruction.span.start > run.span.start:
                break
            for assignment in instruction.assignments:
                if assignment.name in used:
                    is_fixed = instruction.keyword == "ENV"
                    value = dockerfile.expand(f"${{{assignment.name}}}", run) if is_fixed else None
                    found[assignment.name] = _plain(assignment.name, value)
    return tuple(sorted(found.items()))


def _plain(name: str, value: str | None) -> str | None:
    return value if value is not None and _PLAIN_VALUE.match(value) and not names_a_secret(name) else None
