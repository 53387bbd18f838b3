"""What BuildKit's own checks say and no rule here does."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.model.report import ImageReport
from reviewbot.markdown import visible
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.secrets import mask


@rule(
    "buildkit-check",
    title="Pass the builder's own checks",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
)
def buildkit_check(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """BuildKit checks a Dockerfile while it reads it (`docker build --check`). Where the engine at hand does so, its findings
    come along: those that are new with this change, and that no rule of reviewbot knows by the same name. What a rule
    knows it judges itself, with what it sees beside the Dockerfile, so that nothing is said twice, and nothing is
    said that the rule found to be fine.

    Fine: what you decided on. `# check=skip=Name` counts, as for the builder.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY --from=x a \\
            b  # <- finding
        --- measured Dockerfile
        checks:
        - rule: SomethingNew
          message: "Do not do this"
          first_line: 3
          last_line: 3
          url: https://docs.docker.com/go/dockerfile/rule/something-new/
    Also good (a rule of reviewbot's own knows it):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN true
        --- measured Dockerfile
        checks:
        - {rule: StageNameCasing, message: "Stage name 'A' should be lowercase", first_line: 1, last_line: 1}
    """
    dockerfile = facts.dockerfiles.get(report.spec.dockerfile)
    if dockerfile is None:
        return
    text = dockerfile.text
    for check in report.checks:
        if rules_named(check.rule):
            continue
        first, last = (min(line, text.line_count) for line in (check.first_line, check.last_line))
        yield Problem(
            at=text.lines_span(first, last),
            message=f"{check.rule}: {mask(visible(check.message)).rstrip('.')[:300]}",
            subject=check.rule,
            why="BuildKit's own checks say so of the build of this commit.",
            advice=f"See {check.url}" if check.url.startswith("https://docs.docker.com/") else "",
            code=check.rule,
        )
