"""The scripts of a Dockerfile that ShellCheck can judge, each with the way back into the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from reviewbot.image.model.config import ImageConfig
from reviewbot.shellcheck.model import ShellScript
from reviewbot.source.dialect import RunShell, Shells, is_own_script
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.logical import LogicalText
from reviewbot.source.secrets import names_a_secret

LONGEST = 20_000
"""Characters of a script that is still handed over: ShellCheck's time and memory grow faster than its input."""

_VARIABLE = re.compile(r"\$\{?#?!?([A-Za-z_]\w*)")
_PLAIN_VALUE = re.compile(r"[\w./:@%+,=-]{0,200}\Z")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class PlacedScript(Struct, frozen=True):
    """A script of one RUN. ``source`` has the same characters where they stand in the file."""

    script: ShellScript
    source: LogicalText
    instruction: Instruction
    shell: RunShell


def scripts_in(dockerfile: Dockerfile, images: Mapping[str, ImageConfig]) -> Iterator[PlacedScript]:
    """Every RUN in shell form or as a heredoc that a POSIX shell reads, in the order of the file."""
    shells = Shells(dockerfile)
    for stage in dockerfile.stages:
        declared = _declared(stage)
        base = dockerfile.base_image(stage)
        config = images.get(base) if base else None
        environment = config.env if config else ()
        for run in stage.all("RUN"):
            shell = shells.of(run)
            if shell is None or run.shell_input is None:
                continue
            source = run.shell_input.source
            if not source.text.strip() or len(source.text) > LONGEST:
                continue
            script = ShellScript(
                text=_readable(source.text, is_body=is_own_script(run)),
                dialect=shell.dialect or "sh",
                options=shell.options,
                variables=_variables(source.text, dockerfile, run, declared, environment),
            )
            yield PlacedScript(script, source, run, shell)


def _readable(text: str, *, is_body: bool) -> str:
    """The text as ShellCheck takes it, character for character: no carriage returns, no ``#!``, no broken bytes."""
    text = _SURROGATE.sub("?", text.replace("\r", " "))
    return f"# {text[2:]}" if is_body and text.startswith("#!") else text


def _declared(stage: Stage) -> dict[str, list[tuple[int, bool]]]:
    """Where ARG and ENV of a stage and those it is built from declare each name: the offset, and whether it is an ENV."""
    found: dict[str, list[tuple[int, bool]]] = {}
    for level in stage.lineage:
        for instruction in level.all("ENV", "ARG"):
            for assignment in instruction.assignments:
                found.setdefault(assignment.name, []).append((instruction.span.start, instruction.keyword == "ENV"))
    return found


def _variables(
    text: str,
    dockerfile: Dockerfile,
    run: Instruction,
    declared: Mapping[str, list[tuple[int, bool]]],
    environment: Iterable[tuple[str, str]],
) -> tuple[tuple[str, str | None], ...]:
    """What the script uses and the build's environment holds: a value where ENV gives it, None where it may vary."""
    used = set(_VARIABLE.findall(text))
    if not used:
        return ()
    found: dict[str, str | None] = {name: _plain(name, value) for name, value in environment if name in used}
    for name in used:
        before = [is_env for start, is_env in declared.get(name, ()) if start < run.span.start]
        if before:
            value = dockerfile.expand(f"${{{name}}}", run) if before[-1] else None
            found[name] = _plain(name, value)
    return tuple(sorted(found.items()))


def _plain(name: str, value: str | None) -> str | None:
    return value if value is not None and _PLAIN_VALUE.match(value) and not names_a_secret(name) else None
