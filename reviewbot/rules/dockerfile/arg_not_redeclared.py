"""Global ARGs used in a stage that does not declare them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_name, may_be_in_environment
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.text import Span
from reviewbot.source.variable_reference import PLATFORM_ARGS, references


@rule(
    "arg-not-redeclared",
    title="Declare a global ARG again in each stage that uses it",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    fixable=True,
    depends_on_facts=True,
)
def arg_not_redeclared(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""An `ARG` before the first `FROM`, and `TARGETARCH` and the like, are seen by `FROM` alone. In a stage they are empty
    until the stage says `ARG name`; then they have the value from above. A download of version `` mostly fails, a
    comparison silently takes the other way.

    Fine where the base image sets a variable of that name, where the script does, and with a default (`${name:-1}`).

    Bad:
        ARG VERSION=1.25.4
        FROM debian:12.5-slim
        RUN wget https://example.org/app-$VERSION.tar.gz  # <- finding
        LABEL version=${VERSION}
    Good:
        ARG VERSION=1.25.4
        FROM debian:12.5-slim
        ARG VERSION
        RUN wget https://example.org/app-$VERSION.tar.gz
        LABEL version=${VERSION}
    Bad (the platform):
        FROM debian:12.5-slim AS fetch
        COPY bin/app-${TARGETARCH} /app  # <- finding
    Good:
        FROM debian:12.5-slim AS fetch
        ARG TARGETARCH
        COPY bin/app-${TARGETARCH} /app
    Bad (declared too late):
        ARG HOME_DIR=/srv
        FROM debian:12.5-slim
        WORKDIR $HOME_DIR  # <- finding
        ARG HOME_DIR
    Good:
        ARG HOME_DIR=/srv
        FROM debian:12.5-slim
        ARG HOME_DIR
        WORKDIR $HOME_DIR
        ARG HOME_DIR
    Also good (declared, inherited, set otherwise):
        ARG VERSION=1.25.4
        ARG OTHER=1
        FROM debian:12.5-slim AS base
        ARG VERSION
        FROM base
        ENV OTHER=2
        RUN echo $VERSION $OTHER
    Also good (the base image is named after it, and has it):
        ARG NODE_VERSION=20.11.1
        FROM node:${NODE_VERSION}-slim
        RUN echo $NODE_VERSION
    Also good (the script sets it, quotes it, or has a default; the run-time environment has it):
        ARG VERSION=1.25.4
        FROM debian:12.5-slim
        RUN VERSION=$(cat /etc/debian_version) && echo $VERSION
        RUN for VERSION in 1 2; do echo $VERSION; done
        RUN echo '$VERSION' \$VERSION ${VERSION:-3}
        RUN TARGETARCH="$(dpkg --print-architecture)"; echo ${TARGETARCH}
        RUN ["echo", "$VERSION"]
        CMD echo $VERSION
    """
    empty = PLATFORM_ARGS.union(a.name for instruction in dockerfile.global_args for a in instruction.assignments)
    for stage in dockerfile.stages:
        said: set[str] = set()
        for instruction in stage.instructions:
            for name, at in _used(dockerfile, instruction, empty):
                if name in said or dockerfile.is_declared(name, instruction):
                    continue
                if _is_in_base(name, dockerfile, stage, facts):
                    continue
                said.add(name)
                yield Problem(
                    at=at,
                    message=f"{code(f'${name}')} is empty here: this stage does not declare `ARG {name}`",
                    subject=f"{stage.label} {name}",
                    why="The builder sets it for each platform, in stages that ask for it."
                    if name in PLATFORM_ARGS
                    else "An `ARG` from before the first `FROM` is seen by `FROM` alone.",
                    edits=[_declare(dockerfile, stage, name)],
                    confidence=Confidence.HIGH if base_name(dockerfile, stage) else Confidence.MEDIUM,
                )


def _is_in_base(name: str, dockerfile: Dockerfile, stage: Stage, facts: Facts) -> bool:
    if facts.base_config(dockerfile, stage) is not None:
        return may_be_in_environment(name, dockerfile, stage, facts)
    # An image whose version the variable chooses mostly has one of that name.
    root = stage.root
    chosen = f"{root.base} {root.platform or ''}"
    return may_be_in_environment(name, dockerfile, stage, facts) and (
        name == "PATH" or re.search(rf"\b{re.escape(name)}\b", chosen) is not None
    )


def _declare(dockerfile: Dockerfile, stage: Stage, name: str) -> Edit:
    """Right behind FROM and the ARGs that follow it, in their manner of writing."""
    after = stage.from_instruction
    for instruction in stage.instructions:
        if instruction.keyword != "ARG":
            break
        after = instruction
    keyword = "arg" if dockerfile.text[after.keyword_span].islower() else "ARG"
    text = f"{dockerfile.text.newline}{dockerfile.text.indentation(after.line)}{keyword} {name}"
    return Edit(dockerfile.path, Span(after.span.end, after.span.end), text)


def _used(dockerfile: Dockerfile, instruction: Instruction, empty: frozenset[str]) -> Iterator[tuple[str, Span]]:
    """Those of these variables that an instruction uses while the image is built, and where."""
    text = dockerfile.text
    match instruction.keyword:
        case "RUN":
            if instruction.script is None:
                return
            spans = [instruction.arguments, *(heredoc.span for heredoc in instruction.heredocs)]
            used = [
                (found.name, _at(span, found.start, found.name))
                for span in spans
                for found in references(text[span])
                if not found.has_default and found.name in empty
            ]
            own = _set_in("\n".join(text[span] for span in spans)) if used else None
            if own is not None:
                yield from ((name, at) for name, at in used if name not in own)
        case "ADD" | "COPY" | "ENV" | "EXPOSE" | "LABEL" | "STOPSIGNAL" | "USER" | "VOLUME" | "WORKDIR" | "ARG":
            for found in references(text[instruction.arguments], dockerfile.escape):
                if not found.has_default and found.name in empty:
                    yield found.name, _at(instruction.arguments, found.start, found.name)
        case _:
            return


def _at(span: Span, start: int, name: str) -> Span:
    return Span(span.start + start, span.start + start + 1 + len(name))


def _set_in(script: str) -> set[str] | None:
    """The variables that a script assigns, loops over or reads; None where it takes in a file that may set others."""
    if re.search(r"\bsource\b|(?:^|[\s;&])\.\s", script):
        return None
    read = " ".join(re.findall(r"\bread\b([^\n|;&]{0,200})", script))
    return {*re.findall(r"(?<![\w$])([A-Za-z_]\w*)\+?=", script), *re.findall(r"\bfor\s+(\w+)", script), *read.split()}
