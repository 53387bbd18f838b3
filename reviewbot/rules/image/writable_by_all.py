"""Files that every user may change."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.model.contents import FileFact
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.built_step import absolute, by_instruction, listed
from reviewbot.rules.rule import Category, Problem, rule

_WRITTEN = re.compile(r"(?:^|\s|=)0?[0-7]?[0-7]{2}[2367](?:\s|$)|[oa]\+[rx]*w")
"""A mode for everybody in the instruction's own text."""
_MEANT = ("tmp/", "var/tmp/", "run/lock/", "var/lock/", "dev/", "proc/", "sys/")


@rule(
    "writable-by-all",
    title="Files that not everybody may change",
    category=Category.SECURITY,
    severity=Severity.WARNING,
)
def writable_by_all(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """Every user of the container may change these files: what one process is talked into writing there, another one
    runs. Modes that an instruction itself writes down are left to the rules that read it; this one speaks of what a script,
    an archive or a loose umask leaves behind.

    Give the files to the user that the container runs as (`COPY --chown=app`), and leave the others to read.

    Fine for folders like `/tmp`, which have the sticky bit.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN umask 000 && tar -xf /app.tar -C /app  # <- finding
        --- measured Dockerfile
        contents:
          world_writable: [{path: app/run.sh, size: 20, mode: 0o777, step: {instruction: RUN, line: 2}}]
    Also good (temporary files):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN touch /tmp/x && chmod 666 /tmp/x
        --- measured Dockerfile
        contents:
          world_writable: [{path: tmp/x, size: 20, mode: 0o666, step: {instruction: RUN, line: 2}}]
    """
    contents = report.contents
    for instruction, files in by_instruction(contents.world_writable if contents else (), report, facts):
        found = [file for file in files if not file.path.startswith(_MEANT)]
        if not found or _WRITTEN.search(
            " ".join((*(f.value or "" for f in instruction.flags), instruction.argument_text))
        ):
            continue
        paths = sorted(file.path.rstrip("/") for file in found)
        top = _top(found)
        count = "a file" if len(paths) == 1 else f"{len(paths)} files and folders"
        yield Problem(
            at=instruction.span,
            message=f"This lets every user change {count} of the image",
            subject=top,
            why=f"Mode {found[0].mode:04o} on {listed(paths)}: any process in the container can rewrite what others run.",
            advice=f"Give {absolute(top)} to the user that needs to write there (`COPY --chown`, `chown`), with mode 755 or "
            "644.",
            evidence=f"the built image has {listed(paths, 1)} with mode {found[0].mode:04o}",
        )


def _top(files: Sequence[FileFact]) -> str:
    paths = [file.path.rstrip("/") for file in files]
    return paths[0] if len(paths) == 1 else posixpath.commonpath(paths)
