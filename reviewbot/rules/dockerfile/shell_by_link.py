"""The shell exchanged behind everybody's back."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction

_SHELLS = ("/bin/bash", "/usr/bin/bash", "bash", "/bin/zsh", "/usr/bin/zsh", "/bin/dash")


@rule(
    "shell-by-link",
    title="Choose the shell with SHELL, not by replacing /bin/sh",
    category=Category.REPRODUCIBILITY,
    severity=Severity.WARNING,
    aliases=(
        "DL4005",
        "8a301064-c291-4b20-adcb-403fe7fd95fd",
        "use-shell-instruction",
    ),
    fixable=True,
)
def shell_by_link(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A link from `/bin/sh` to bash changes every script of the distribution, and the next update of the package turns it
    back. `SHELL` says for this Dockerfile which shell reads its `RUN`s. `chsh` changes what a login gets, and
    nobody logs in.

    Bad:
        FROM debian:12.5-slim
        RUN ln -sf /bin/bash /bin/sh  # <- finding
        RUN source /etc/profile
    Good:
        FROM debian:12.5-slim
        SHELL ["/bin/bash", "-c"]
        RUN source /etc/profile
    Bad (among other things, and for a login):
        FROM debian:12.5-slim
        RUN rm /bin/sh && ln -s /bin/bash /bin/sh && apt-get update  # <- finding
        RUN chsh -s /bin/zsh  # <- finding
    Also good (another link, and a link to sh; a shell for somebody who logs in):
        FROM debian:12.5-slim
        RUN ln -s /bin/sh /usr/local/bin/sh-link && ln -sf /usr/bin/python3 /usr/bin/python
        RUN useradd -m -s /bin/bash dev && chsh -s /bin/zsh dev
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN"):
            for command in instruction.commands:
                shell = _replaced_by(command)
                if shell is None:
                    continue
                yield Problem(
                    at=command.span,
                    message="`/bin/sh` is replaced for the whole system"
                    if command.program == "ln"
                    else "`chsh` is for logins",
                    subject=f"{stage.label} {command.program}",
                    why="Scripts of the distribution are read by another shell from now on."
                    if command.program == "ln"
                    else "Neither `RUN` nor `CMD` looks at it.",
                    advice=f"Write {code(_instruction(shell))} before the instructions that need it.",
                    edits=_edits(dockerfile, instruction, command, shell),
                )


def _instruction(shell: str) -> str:
    return f"SHELL {json.dumps([shell, '-c'])}"


def _replaced_by(command: Command) -> str | None:
    words = [word.value for word in command.operands]
    if command.program == "ln" and len(words) == 2 and words[1] == "/bin/sh" and words[0] in _SHELLS:
        return words[0] if words[0].startswith("/") else f"/bin/{words[0]}"
    if command.program == "chsh":
        named = [word for word in words if not word.startswith("/")]
        shells = [word for word in words if word.startswith("/")]
        return shells[0] if shells and named in ([], ["root"]) else None
    return None


def _edits(dockerfile: Dockerfile, instruction: Instruction, command: Command, shell: str) -> list[Edit]:
    """SHELL in place of a RUN that does nothing else."""
    script = instruction.script
    alone = script is not None and script.commands == (command,) and not instruction.flags and not instruction.heredocs
    return [Edit(dockerfile.path, instruction.span, _instruction(shell))] if alone and command.program == "ln" else []
