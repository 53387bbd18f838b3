"""What findings say where it depends on what is known."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reviewbot.change.folder import EmptyTree
from reviewbot.facts import Facts
from reviewbot.finding import Finding, Severity
from reviewbot.image.model.contents import ImageContents, Leftover
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.model.step import Step
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.judge import judge
from reviewbot.source.kinds import kind_of
from reviewbot.source.text import Text

APT = "RUN apt-get update && apt-get install -y curl"


def said(content: str, rule: str, *reports: ImageReport) -> Finding:
    facts = Facts(tree=EmptyTree(), kinds={"Dockerfile": kind_of("Dockerfile")})
    facts = replace(facts.with_texts({"Dockerfile": Text("Dockerfile", content)}), reports=reports)
    (finding,) = judge(facts.kinds, facts, list(rules_named(rule))).active
    return finding


def test_package_lists_have_one_size_which_is_the_measured_one_where_there_is_one():
    content = f"FROM debian:12.5-slim\n{APT}\n"
    assert "20 to 50 MB" in said(content, "apt-get-lists").why
    left = Leftover("apt-lists", "var/lib/apt/lists", 82_900_000, 4, Step(APT, 2))
    spec = ImageSpec(name="app", dockerfile="Dockerfile", context="")
    report = ImageReport(spec, ImageStatus.MEASURED, "linux/amd64", contents=ImageContents(files=3, leftovers=(left,)))
    finding = said(content, "apt-get-lists", report)
    assert "82.9 MB" in finding.why
    assert "MB" not in finding.why.replace("82.9 MB", "") + (finding.evidence or "")


def test_a_second_setting_is_explained_by_the_line_that_may_need_the_first():
    start = 'FROM node:20.11.1-slim\nENV NODE_ENV=development\n{}CMD ["node", "server.js"]\n'
    assert "line 3" in said(start.format("RUN npm run build\n"), "development-settings").why
    assert "line" not in said(start.format("RUN mkdir /data\n"), "development-settings").why


def test_a_go_binary_for_a_static_image_is_said_to_be_built_without_cgo():
    content = 'FROM golang:1.22.1\nCOPY . .\nRUN go build -o /app .\nCMD ["/app"]\n'
    advice = said(content, "multi-stage").advice
    assert "distroless/static" in advice
    assert "`CGO_ENABLED=0`" in advice


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        (4_500_000, 715_000_000, Severity.WARNING),
        (75_000_000, 300_000_000, Severity.WARNING),
        (4_500_000, 30_000_000, Severity.INFO),
        (900_000_000, 1_100_000_000, Severity.INFO),
        (None, 715_000_000, Severity.INFO),
    ],
)
def test_an_image_that_doubles_is_more_than_information(before: int | None, after: int, severity: Severity):
    spec = ImageSpec(name="app", dockerfile="Dockerfile", context="")
    layer = LayerDelta(instruction=APT, line=2, before=None, after=after - (before or 0), change=LayerChange.ADDED)
    size = ImageSize(before, after, 0, 0)
    report = ImageReport(spec, ImageStatus.MEASURED, "linux/amd64", size=size, layers=(layer,))
    facts = Facts(tree=EmptyTree(), kinds={"Dockerfile": kind_of("Dockerfile")})
    facts = facts.with_texts({"Dockerfile": Text("Dockerfile", f"FROM debian:12.5-slim\n{APT}\n")})
    (rule,) = rules_named("image-growth")
    problems = list(rule.problems(report, facts))
    assert [problem.severity or rule.severity for problem in problems] == ([severity] if before else [])


@pytest.mark.parametrize(
    ("name", "severity"),
    [("NPM_TOKEN", Severity.WARNING), ("DB_PASSWORD", Severity.WARNING), ("SECRET", Severity.INFO)],
)
def test_what_can_only_be_a_credential_is_a_warning_as_a_build_argument(name: str, severity: Severity):
    content = f"FROM debian:12.5-slim\nARG {name}\nRUN ./fetch ${name}\n"
    assert said(content, "secret-as-build-argument").severity is severity
