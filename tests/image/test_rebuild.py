"""What a change of one source file costs the next build: read from logs, and measured on a real engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from core import facts_of
from msgspec.structs import replace

from reviewbot.image.build.steps import read_steps
from reviewbot.image.docker.engine import Connection
from reviewbot.image.model.report import ImageReport, ImageStatus, Rebuild, RebuiltStep
from reviewbot.image.model.spec import ImageSpec
from reviewbot.report.sizes import rebuild_words
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.judge import judge
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.text import Text

LATE = """\
FROM debian:bookworm-slim AS build
WORKDIR /app
COPY package.json .
RUN sleep 0.3; echo installed > /deps
COPY . .
RUN sleep 0.3; cat src/* > out

FROM debian:bookworm-slim
COPY --from=build /app/out /out
"""
EARLY = LATE.replace("COPY package.json .\n", "COPY . .\n").replace(
    "COPY . .\nRUN sleep 0.3; cat", "RUN sleep 0.3; cat"
)


def ran(log: str, dockerfile: str = LATE) -> tuple[list[tuple[int | None, float]], int]:
    parsed = parse_dockerfile(Text("Dockerfile", dockerfile))
    steps = read_steps(log.splitlines(), parsed, parsed.final_stage)
    return [(step.line, step.seconds) for step in steps.ran], steps.reused


def test_the_builders_log_says_which_steps_ran() -> None:
    log = """\
#4 [build 1/6] FROM docker.io/library/debian:bookworm-slim
#4 CACHED
#5 [internal] load build context
#5 DONE 0.1s
#7 [build 2/6] WORKDIR /app
#7 CACHED
#8 [build 3/6] COPY package.json .
#8 CACHED
#9 [build 5/6] COPY . .
#9 DONE 0.2s
#10 [linux/amd64 build 6/6] RUN sleep 0.3; cat src/* > out
#10 0.123 #11 DONE 900.0s
#10 DONE 12.5s
#11 [stage-1 2/2] COPY --from=build /app/out /out
#11 DONE 0.0s
#12 exporting to image
#12 DONE 3.0s
"""
    assert ran(log) == ([(5, 0.2), (6, 12.5), (9, 0.0)], 2)


def test_a_single_stage_and_numbers_that_do_not_fit() -> None:
    single = "FROM scratch\nCOPY a /\nENV A=1\nCOPY b /\n"
    log = "#5 [ 2/2] COPY b /\n#5 DONE 1.0s\n#6 [1/2] COPY a /\n#6 CACHED\n"
    assert ran(log, single) == ([(4, 1.0)], 1)
    with_triggers = log.replace("2/2", "4/4").replace("1/2", "3/4")
    assert ran(with_triggers, single) == ([(None, 1.0)], 1)
    assert ran("#5 [nowhere 2/2] COPY b /\n#5 DONE 1.0s\n", single) == ([(None, 1.0)], 0)


def test_the_rule_about_the_order_tells_what_was_measured() -> None:
    files = {"Dockerfile": "FROM node:20\nCOPY . .\nRUN npm ci\n", "package.json": "{}", "package-lock.json": "{}"}
    spec = ImageSpec("app", "Dockerfile", "")
    rebuild = Rebuild("app.js", (RebuiltStep("COPY . .", 2, 0.1), RebuiltStep("RUN npm ci", 3, 31.25)), 0, 31.4)
    report = ImageReport(spec, ImageStatus.MEASURED, "linux/amd64", rebuild=rebuild)
    (found,) = judge(
        ["Dockerfile"], replace(facts_of(files), reports=(report,)), rules_named("cache-friendly-copy")
    ).active
    assert found.evidence == "after a change of `app.js` it ran again for 31.2 s"


@pytest.mark.engine
def test_the_order_of_steps_decides_what_a_change_costs(changed: Callable[..., Any], connection: Connection) -> None:
    files = {"package.json": "{}", "src/app.js": "let a = 1", "tests/a.js": "x", ".dockerignore": "tests\n"}
    for dockerfile, lines, reused in [(LATE, [5, 6, 9], 3), (EARLY, [3, 4, 5, 8], 1)]:
        report = changed({}, {**files, "Dockerfile": dockerfile}, rebuild_cost="auto").report()
        assert report.notices == ()
        assert report.rebuild.path == "src/app.js"
        assert [step.line for step in report.rebuild.ran] == lines
        assert report.rebuild.reused == reused
        assert all(step.seconds >= 0.3 for step in report.rebuild.ran if step.instruction.startswith("RUN"))
        assert report.rebuild.seconds >= sum(step.seconds for step in report.rebuild.ran) - 1
        steps = len(lines) + reused
        assert rebuild_words(report).startswith(f"{len(lines)} of {steps} steps run again: ")


@pytest.mark.engine
def test_a_file_that_nothing_reads_is_said(changed: Callable[..., Any]) -> None:
    files = {"Dockerfile": "FROM scratch\nCOPY used /\n", "used": "1", "unused.py": "2"}
    for wanted, said in [("unused.py", "no step reads unused.py"), ("gone.py", "there is no file gone.py")]:
        report = changed({}, files, rebuild_cost=wanted).report()
        assert report.rebuild is None
        assert report.notices == (f"What building Dockerfile again costs was not measured: {said}.",)
    report = changed({}, files, rebuild_cost="used").report()
    assert [step.line for step in report.rebuild.ran] == [2]
