"""ENTRYPOINT and CMD against the files of the image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.image.model.contents import LaunchFault, LaunchProblem
from reviewbot.image.model.report import ImageReport
from reviewbot.markdown import code
from reviewbot.rules.built_step import instruction_of
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span


@rule(
    "program-cannot-start",
    title="ENTRYPOINT and CMD name a program that starts",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def program_cannot_start(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """What the built image is told to start is not in it, may not be executed, was built for another processor, or asks for
    a loader or an interpreter that the image has not (a program linked against glibc in Alpine, a script for `bash` in an
    image without it, a script with Windows line ends). The container ends at once.

    Bad (not executable):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY run.sh /app/run.sh
        ENTRYPOINT ["/app/run.sh"]  # <- finding
        --- measured Dockerfile
        contents:
          launch:
          - {keyword: ENTRYPOINT, program: /app/run.sh, fault: not-executable, step: {instruction: COPY, line: 2}}
    Good:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY --chmod=0755 run.sh /app/run.sh
        ENTRYPOINT ["/app/run.sh"]
        --- measured Dockerfile
        contents: {launch: []}
    Bad (not there):
        --- Dockerfile
        FROM debian:12.5-slim
        CMD ["gunicorn", "app:app"]  # <- finding
        --- measured Dockerfile
        contents: {launch: [{keyword: CMD, program: gunicorn, fault: missing}]}
    Also good:
        --- Dockerfile
        FROM debian:12.5-slim
        CMD ["sh"]
        --- measured Dockerfile
        contents: {launch: []}
    """
    contents, dockerfile = report.contents, facts.dockerfiles.get(report.spec.dockerfile)
    if contents is None or dockerfile is None:
        return
    stage = dockerfile.stage_named(report.spec.target) if report.spec.target else dockerfile.final_stage
    for launch in contents.launch:
        if launch.keyword == "HEALTHCHECK" or stage is None:
            continue
        start = stage.last(launch.keyword)
        yield Problem(
            at=start.span if start else stage.from_instruction.span,
            message=f"{code(launch.program)} {fault_words(launch)}",
            subject=f"{launch.keyword} {launch.program}",
            why="The container ends as soon as it is started.",
            advice=_advice(launch),
            evidence=f"the files of the built image: {code(launch.program)} {fault_words(launch)}",
            edits=_edits(launch, dockerfile),
        )


def fault_words(launch: LaunchProblem) -> str:
    """What is the matter with a program, after its name."""
    match launch.fault:
        case LaunchFault.MISSING:
            return "is not in the image"
        case LaunchFault.NOT_EXECUTABLE:
            return "is in the image, but may not be executed"
        case LaunchFault.PLATFORM:
            return f"is built for {code(launch.detail)}, which is not the image's platform"
        case LaunchFault.LOADER:
            if launch.detail.endswith("\r"):
                return "has Windows line ends, so that its interpreter is not found"
            return f"needs {code(launch.detail)}, which is not in the image"


def _advice(launch: LaunchProblem) -> str:
    match launch.fault:
        case LaunchFault.MISSING:
            return "Copy or install it in the stage that ships, or name the path where it lies."
        case LaunchFault.NOT_EXECUTABLE:
            return "Copy it with `COPY --chmod=0755`, or set the bit in the repository: `git update-index --chmod=+x`."
        case LaunchFault.PLATFORM:
            return "Build it for the platform of the image (`TARGETARCH`), or copy it from a stage of that platform."
        case LaunchFault.LOADER:
            if "ld-musl" in launch.detail:
                return "It is linked against musl: run it on Alpine, or link it statically."
            if "/ld-linux" in launch.detail or "/ld.so" in launch.detail:
                return "It is linked against glibc: run it on an image that has it, or link it statically."
            return "Install the interpreter in the stage that ships, or give the script Unix line ends and one that is there."


def _edits(launch: LaunchProblem, dockerfile: Dockerfile) -> Sequence[Edit]:
    """The mode, set by the COPY of this one file."""
    copy = instruction_of(launch.step, dockerfile) if launch.step else None
    is_its_own = copy is not None and copy.keyword in ("COPY", "ADD") and len(copy.sources) == 1 and not copy.heredocs
    if launch.fault is not LaunchFault.NOT_EXECUTABLE or copy is None or not is_its_own or copy.flag("chmod"):
        return ()
    if copy.sources[0].value.rpartition("/")[2] != launch.program.rpartition("/")[2]:
        return ()
    end = copy.keyword_span.end
    return [Edit(dockerfile.path, Span(end, end), " --chmod=0755")]
