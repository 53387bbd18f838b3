"""apt-get that installs more than was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.apt import apt_commands, is_configured
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span


@rule(
    "apt-get-no-recommends",
    title="Install only what is named: --no-install-recommends",
    category=Category.SIZE,
    severity=Severity.INFO,
    aliases=("DL3015", "DS-0029"),
    fixable=True,
)
def apt_get_no_recommends(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """apt installs what packages recommend along with what they need: documentation tools, mail servers, compilers.
    In an image nobody asked for them, and they can be most of a layer.

    Fine when the recommended packages are wanted: name them, so that a reader sees it. Builder stages that do not
    ship are not looked at.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    Also good (switched off for all):
        FROM debian:12.5-slim
        RUN echo 'APT::Install-Recommends "0";' > /etc/apt/apt.conf.d/01norecommend
        RUN apt-get update && apt-get install -y curl
        RUN apt-get -o APT::Install-Recommends=false install -y git
    Also good (this stage does not ship):
        FROM debian:12.5-slim AS build
        RUN apt-get update && apt-get install -y gcc
        FROM debian:12.5-slim
        COPY --from=build /app /app
    """
    for stage in dockerfile.shipped_stages:
        for instruction in stage.all("RUN"):
            for apt in apt_commands(instruction, "install"):
                if apt.skips_recommends() or is_configured(stage, instruction, "APT::Install-Recommends"):
                    continue
                last = next((w for w in apt.command.arguments if w.value in ("-y", "--yes")), apt.verb)
                end = max(apt.verb.span.end, last.span.end)
                named = ", ".join(code(package.value) for package in apt.packages[:3])
                yield Problem(
                    at=apt.command.span,
                    message="Installs recommended packages that nobody named",
                    subject=f"{stage.label} install {apt.packages[0].value if apt.packages else ''}".strip(),
                    why=f"What {named or 'the packages'} only recommend{'s' if len(apt.packages) == 1 else ''} comes "
                    "along into the image.",
                    edits=[Edit(dockerfile.path, Span(end, end), " --no-install-recommends")],
                )
