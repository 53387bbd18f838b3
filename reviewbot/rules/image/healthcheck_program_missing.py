"""HEALTHCHECK against the files of the image."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.model.contents import LaunchFault
from reviewbot.image.model.report import ImageReport
from reviewbot.markdown import code
from reviewbot.rules.image.program_cannot_start import fault_words
from reviewbot.rules.rule import Category, Problem, rule


@rule(
    "healthcheck-program-missing",
    title="HEALTHCHECK uses a tool that the image has",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
)
def healthcheck_program_missing(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """The check calls a program that the built image has not, so that it fails every time: the container is unhealthy for
    ever, and whatever waits for it (`depends_on: condition: service_healthy`, a rolling update) waits in vain. Slim and
    distroless images have neither `curl` nor `wget`.

    Bad:
        --- Dockerfile
        FROM python:3.12-slim
        HEALTHCHECK CMD curl -f http://localhost:8000/ || exit 1  # <- finding
        CMD ["python", "serve.py"]
        --- measured Dockerfile
        contents: {launch: [{keyword: HEALTHCHECK, program: curl, fault: missing, others: [python3]}]}
    Also good:
        --- Dockerfile
        FROM python:3.12-slim
        HEALTHCHECK CMD python -c "import urllib.request as r; r.urlopen('http://localhost:8000/')"
        --- measured Dockerfile
        contents: {launch: []}
    """
    contents, dockerfile = report.contents, facts.dockerfiles.get(report.spec.dockerfile)
    if contents is None or dockerfile is None:
        return
    stage = dockerfile.stage_named(report.spec.target) if report.spec.target else dockerfile.final_stage
    for launch in contents.launch:
        if launch.keyword != "HEALTHCHECK" or stage is None:
            continue
        check = stage.last("HEALTHCHECK")
        others = ", ".join(map(code, launch.others))
        yield Problem(
            at=check.span if check else stage.from_instruction.span,
            message=f"The health check never succeeds: {code(launch.program)} {fault_words(launch)}",
            subject=launch.program,
            why="The container stays unhealthy, and whatever waits for it to be healthy waits in vain.",
            advice=f"The image has {others}: ask with that, or install {code(launch.program)}."
            if others and launch.fault is LaunchFault.MISSING
            else f"Install {code(launch.program)}, or ask with a tool that the image has (the program itself, often).",
            evidence=f"the files of the built image: {code(launch.program)} {fault_words(launch)}",
        )
