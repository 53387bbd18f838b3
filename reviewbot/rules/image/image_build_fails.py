"""A build that fails, told at the instruction that failed."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.model.report import ImageReport
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule


@rule(
    "image-build-fails",
    title="The image builds",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
)
def image_build_fails(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """The image was built from this commit, and the build ended with an error. The finding stands at the
    instruction that failed and carries the last lines of the build's output.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN make all  # <- finding
        --- failed Dockerfile
        line: 2
        message: "process did not complete successfully: exit code: 2"
        log: "make: *** No rule to make target 'all'.  Stop."
    Also good:
        FROM debian:12.5-slim
        RUN true
    """
    failure = report.failure
    dockerfile = facts.dockerfiles.get(report.speaks_of)
    if failure is None or dockerfile is None:
        return
    line = min(failure.line or dockerfile.instructions[0].line, dockerfile.text.line_count)
    instruction = next((i for i in dockerfile.instructions if i.line <= line <= i.end_line), None)
    yield Problem(
        at=instruction.span if instruction else dockerfile.text.line_span(line),
        message=f"The image {code(report.spec.name)} does not build",
        subject=f"{report.spec.name}",
        why=f"The build of this commit ended here: {code(failure.message, 300)}.",
        advice="Run the build locally to see all of its output; the size and the facts of the image are unknown "
        "until it builds.",
        log=failure.log,
    )
