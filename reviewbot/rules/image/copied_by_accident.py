"""Files of the project that no container needs."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.image.layers.leftovers import ENVIRONMENT, HISTORY, KINDS, MODULES
from reviewbot.image.model.contents import Leftover
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.built_step import absolute, by_instruction
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Instruction


@rule(
    "copied-by-accident",
    title="Copy no history, environment files or installed modules",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("DKL-LI-0003",),
)
def copied_by_accident(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """The built image holds a repository's history (`.git`), an environment file (`.env`), or the `node_modules` of the
    machine that built it. They came along with `COPY . .` or a clone: history and environment files tell everything that was
    ever committed or set, and modules of another machine do not fit this one.

    Fine where the program reads them, such as a version out of `.git`.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN git clone https://example.org/tool.git /opt/tool  # <- finding
        --- measured Dockerfile
        contents:
          leftovers: [{kind: history, path: opt/tool/.git, size: 12000000, files: 40, step: {instruction: RUN, line: 2}}]
    Also good (modules that were installed here):
        --- Dockerfile
        FROM node:20.11-slim
        RUN npm ci
        --- measured Dockerfile
        contents:
          leftovers:
          - {kind: node-modules, path: app/node_modules, size: 90000000, files: 9000, step: {instruction: RUN, line: 2}}
    """
    contents = report.contents
    told = {secret.path for secret in contents.secrets} if contents else set()
    for instruction, leftovers in by_instruction(contents.leftovers if contents else (), report, facts):
        for leftover in leftovers:
            if leftover.path in told or not _is_by_accident(leftover, instruction):
                continue
            kind = KINDS[leftover.kind]
            remedy = kind.remedy
            if leftover.kind == HISTORY and instruction.keyword == "RUN":
                remedy = (
                    f"Remove {absolute(leftover.path)} in the same instruction, or fetch an archive of the one version."
                )
            yield Problem(
                at=instruction.span,
                message=f"The image holds {kind.title}: {absolute(leftover.path)}, {format_bytes(leftover.size)}",
                subject=f"{leftover.kind} {leftover.path}",
                why="It came along with this instruction, and everybody who pulls the image can read it.",
                advice=remedy,
                evidence=f"{leftover.files} file{'s' if leftover.files != 1 else ''} at {absolute(leftover.path)} in the layer",
            )


def _is_by_accident(leftover: Leftover, instruction: Instruction) -> bool:
    if leftover.kind == HISTORY:
        return True
    from_the_context = instruction.keyword in ("COPY", "ADD") and instruction.flag("from") is None
    return leftover.kind in (ENVIRONMENT, MODULES) and from_the_context
