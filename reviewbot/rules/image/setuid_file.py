"""Files that run with the rights of their owner."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.model.contents import FileFact
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.built_step import absolute, by_instruction
from reviewbot.rules.rule import Category, Problem, rule

_SYSTEM = ("usr/bin/", "usr/sbin/", "usr/lib/", "usr/libexec/", "bin/", "sbin/", "lib/")


@rule(
    "setuid-file",
    title="No new programs with the rights of their owner",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("CIS-DI-0008", "CIS-4.8"),
)
def setuid_file(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """A program with the setuid or setgid bit runs as its owner whoever starts it. In a container that runs as another
    user it is the shortest way to root: every flaw in the program is a way out of that user.

    Fine where the program needs it and is meant to be there. `no-new-privileges` takes the bit's effect away at run time.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN cp /bin/sh /usr/local/bin/admin && chmod u+s /usr/local/bin/admin  # <- finding
        --- measured Dockerfile
        contents:
          setuid: [{path: usr/local/bin/admin, size: 125640, mode: 0o4755, step: {instruction: RUN, line: 2}}]
    Also good (the base image brings it):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN true
        --- measured Dockerfile
        contents:
          setuid: [{path: usr/bin/su, size: 72000, mode: 0o4755, step: {instruction: the base image, line: null}}]
    """
    contents = report.contents
    for instruction, files in by_instruction(contents.setuid if contents else (), report, facts):
        for file in files:
            yield Problem(
                at=instruction.span,
                message=f"This brings {absolute(file.path)}, which runs with its {_whose(file)}'s rights",
                subject=file.path,
                why=f"Its mode is {file.mode:04o}: whoever starts it in the container gets those rights.",
                advice=f"If nobody needs that, end this instruction with `chmod a-s` {absolute(file.path)}.",
                evidence=f"the built image has {absolute(file.path)} with mode {file.mode:04o}",
                severity=Severity.INFO if file.path.startswith(_SYSTEM) else None,
            )


def _whose(file: FileFact) -> str:
    return "owner" if file.mode & 0o4000 else "group"
