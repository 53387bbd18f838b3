"""What a program needs to run as a user of its own: folders that it may write to, and nothing that takes root."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.rules.base_image import base_folder
from reviewbot.rules.copied_files import copied_by
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.working_directory import working_directory

_SUPERVISING = frozenset({"cron", "crond", "dockerd", "init", "sshd", "systemd"})
"""Programs that start others as the users these belong to."""

_WRITTEN_TO = re.compile(
    r"/(?:backups?|cache|data|databases?|db|downloads?|logs?|out|outputs?|results?|run|sessions?|spool|state|storage|tmp|"
    r"uploads?|var)(?:/|\Z)"
)
_OF_THE_SYSTEM = re.compile(
    r"/(?:(?:tmp|dev|proc|sys|etc|root|usr/share|usr/lib|var/lib/apt|var/cache/apt)(?:/|\Z)|var\Z|run\Z)"
)


def supervisor(start: Instruction) -> str | None:
    """The program among those that a CMD or ENTRYPOINT starts which needs root to do its work."""
    words = re.findall(r"[\w./-]+", start.argument_text)
    return next((name for word in words if (name := posixpath.basename(word)) in _SUPERVISING), None)


def runs_from_home_of_root(dockerfile: Dockerfile, start: Instruction, facts: Facts) -> bool:
    """Whether the program, or the folder that it starts in, lies where nobody but root gets."""
    stage = dockerfile.final_stage
    folder = working_directory(dockerfile, stage, start.span.start, base_folder(dockerfile, stage, facts))
    return f"{folder}/".startswith("/root/") or "/root/" in start.argument_text


def folders_to_write(dockerfile: Dockerfile, facts: Facts) -> list[str]:
    """Folders that the image makes for data, logs and the like: by their names, and because no COPY fills them.

    Those that lie in another one are left out.
    """
    stages = dockerfile.final_stage.lineage
    filled = {
        copied.path
        for each in stages
        for i in each.all("COPY", "ADD")
        for copied in copied_by(dockerfile, each, i, facts)
    }
    found: list[str] = []
    for each in stages:
        for folder in _made(dockerfile, each, facts):
            if _WRITTEN_TO.search(folder) and not _OF_THE_SYSTEM.match(folder):
                is_filled = any(f"{path}/".startswith(f"{folder}/") for path in filled)
                if not is_filled and not any(f"{folder}/".startswith(f"{other}/") for other in found):
                    found.append(folder)
    return found


def _made(dockerfile: Dockerfile, stage: Stage, facts: Facts) -> Iterator[str]:
    """The folders that RUNs of a stage make with ``mkdir``, as far as their names are written out."""
    for run in stage.all("RUN"):
        commands = run.commands
        if any(command.program in ("cd", "pushd") for command in commands):
            continue
        folder = working_directory(dockerfile, stage, run.span.start, base_folder(dockerfile, stage, facts))
        for command in commands:
            for word in command.operands if command.program == "mkdir" else ():
                if word.is_literal and re.fullmatch(r"[\w./-]+", word.value) and (folder or word.value.startswith("/")):
                    yield posixpath.normpath(posixpath.join(folder or "/", word.value))
