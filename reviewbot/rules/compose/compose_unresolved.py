"""Files that do not go together."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.left_out import may_be_there
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_project.trouble import ProjectProblem, Trouble

_ADVICE = {
    Trouble.UNREADABLE: "Mend that file.",
    Trouble.MISSING_FILE: "Name a file of this repository; paths count from the file that names them.",
    Trouble.OUTSIDE: "Keep what the project needs in its own repository.",
    Trouble.REMOTE: "Commit a copy of it, so that it is reviewed with the rest and stays what it is.",
    Trouble.MISSING_SERVICE: "Name a service that the file has.",
    Trouble.CYCLE: "Take out one of the links of the circle.",
    Trouble.CONFLICT: "Define it in one of the files, or lay one over the other with an override file.",
    Trouble.VARIABLE: "Write `$$` for a `$` that is meant, and `${NAME:-default}` for a variable.",
    Trouble.TOO_LARGE: "Say less with anchors and `extends`.",
}


@rule(
    "compose-unresolved",
    title="Let the files of a project go together",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
)
def compose_unresolved(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """What `extends`, `include` or a variable refers to cannot be had: the file or the service is not there, two files
    contradict each other, or a service extends itself. Compose refuses the project.

    What lies outside of the repository or on another machine is told too, as information: nobody reviews it with the
    rest, and it may be something else tomorrow. It is never fetched here.

    Bad:
        --- compose.yaml
        include:
          - database/compose.yml  # <- finding
          - oci://example.org/monitoring:latest  # <- finding
        services:
          web:
            extends:
              file: common.yaml
              service: webb  # <- finding
          loop:
            extends: loop  # <- finding
          shell:
            image: example.org/shell:1.4.2
            command: echo ${  # <- finding
        --- common.yaml
        services:
          web:
            image: nginx:1.27.3
        --- database/compose.yaml
        services:
          db:
            image: postgres:16.4
    Bad (two things of one name):
        --- compose.yaml
        include: [other/compose.yaml]
        services:
          db:
            image: postgres:16.4  # <- finding
        --- other/compose.yaml
        services:
          db:
            image: mysql:8.4
    Good:
        --- compose.yaml
        include: [database/compose.yaml]
        services:
          web:
            extends:
              file: common.yaml
              service: web
            command: echo $$HOME ${GREETING:-hello}
        --- common.yaml
        services:
          web:
            image: nginx:1.27.3
        --- database/compose.yaml
        services:
          db:
            image: postgres:16.4
    """
    seen: set[tuple[int, str]] = set()
    for project in facts.projects_reading(compose.path):
        for problem in project.problems:
            place = (problem.span.start, problem.message)
            if problem.path != compose.path or place in seen or _is_left_out(problem, facts):
                continue
            seen.add(place)
            yield Problem(
                at=problem.span,
                message=_sentence(problem),
                subject=f"{problem.kind.value} {problem.subject}",
                why=_why(problem.kind),
                advice=_ADVICE[problem.kind],
                severity=Severity.INFO if problem.kind in _ELSEWHERE else None,
            )


_ELSEWHERE = (Trouble.REMOTE, Trouble.OUTSIDE, Trouble.TOO_LARGE)


def _sentence(problem: ProjectProblem) -> str:
    return code(problem.message, limit=240)


def _why(kind: Trouble) -> str:
    if kind is Trouble.TOO_LARGE:
        return "Nothing that hangs on it was checked."
    if kind in _ELSEWHERE:
        return "It is not reviewed with the rest, and may be something else tomorrow. What hangs on it was not checked."
    return "Compose refuses the whole project because of it."


def _is_left_out(problem: ProjectProblem, facts: Facts) -> bool:
    return problem.kind is Trouble.MISSING_FILE and may_be_there(problem.subject, facts)
