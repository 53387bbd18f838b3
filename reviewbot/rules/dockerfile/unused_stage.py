"""Stages that nothing needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Stage

_MADE_FOR_USE = re.compile(
    r"dev|test|lint|debug|check|ci\b|docs?\b|doc-|export|release|artifact|binar|bench|prod|local|valid|verif|format|fmt|"
    r"update|vendor|cross|image|publish|package|shell|tool|run|serve|target|base|cover|audit|e2e|integration|slim|full|alpine",
    re.IGNORECASE,
)
_STARTERS = re.compile(
    r"(?:^|/)(?:Makefile|GNUmakefile|makefile|[^/]*\.mk|[Jj]ustfile|Taskfile\.ya?ml|package\.json|skaffold\.ya?ml|Tiltfile|"
    r"docker-bake[^/]*|Jenkinsfile|\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines\.yml|cloudbuild\.ya?ml|[^/]*\.sh|[^/]*\.hcl|"
    r"README[^/]*|devcontainer\.json)\Z|^\.github/workflows/|^\.circleci/|^\.buildkite/"
)
_MOST_READ = 200


@rule(
    "unused-stage",
    title="Remove stages that nothing copies from or builds on",
    category=Category.SIZE,
    severity=Severity.INFO,
)
def unused_stage(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A stage that the last one does not need is not built at all. Most often a `COPY --from` was renamed or removed, and
    what it made is missing in the image, or the stage is left over.

    Fine for stages that somebody names with `--target`: those that Compose, bake, a workflow or a script names, those
    that start something, and those whose name says that they are made to be used by themselves (`test`, `dev`).

    Bad:
        FROM golang:1.22.1 AS compile-assets  # <- finding
        RUN make assets
        FROM debian:12.5-slim
        COPY serve /serve
    Good:
        FROM golang:1.22.1 AS compile-assets
        RUN make assets
        FROM debian:12.5-slim
        COPY --from=compile-assets /assets /assets
        COPY serve /serve
    Also good (needed over another one, by number, by a mount):
        FROM debian:12.5-slim AS one
        FROM one AS two
        FROM debian:12.5-slim
        FROM debian:12.5-slim AS three
        FROM debian:12.5-slim
        COPY --from=two /a /a
        COPY --from=2 /a /a
        RUN --mount=type=bind,from=three,target=/x true
    Also good (targets of their own):
        FROM debian:12.5-slim AS unit-tests
        FROM debian:12.5-slim AS other
        CMD ["serve"]
        FROM debian:12.5-slim
    Also good (only names an image, for those who keep versions up to date):
        FROM hadolint/hadolint:2.12.0 AS linter
        FROM debian:12.5-slim
        COPY serve /serve
    Also good (a script names it):
        --- Dockerfile
        FROM debian:12.5-slim AS parts
        RUN make
        FROM debian:12.5-slim
        --- Makefile
        parts:
                docker build --target parts .
    Also good (files to be taken out with `--output`, and what makes them):
        FROM debian:12.5-slim AS compile
        RUN make
        FROM scratch AS result
        COPY --from=compile /out /
        FROM debian:12.5-slim
        COPY serve /serve
    Also good (a variable chooses one):
        ARG VARIANT=plain
        FROM debian:12.5-slim AS variant-plain
        FROM debian:12.5-slim AS variant-fancy
        FROM variant-${VARIANT}
    """
    reached = {stage.index for stage in dockerfile.reached_stages}
    if any("$" in name for stage in dockerfile.stages for name in (stage.base, *stage.sources_named)):
        return
    unused = [stage for stage in dockerfile.stages if stage.index not in reached]
    used = _needed_by([stage for stage in unused if _is_target(stage, dockerfile, facts)], dockerfile)
    for stage in unused:
        if stage.index in used:
            continue
        yield Problem(
            at=stage.from_instruction.span,
            message=f"Nothing uses the stage {code(stage.name or stage.label)}: it is not built",
            subject=stage.label,
            why="The last stage neither builds on it nor copies from it, and nothing in the repository names it as a "
            "target.",
            advice="Copy from it what it was made for, or remove it.",
            confidence=Confidence.MEDIUM,
        )


def _is_target(stage: Stage, dockerfile: Dockerfile, facts: Facts) -> bool:
    """Whether it looks made to be built by itself, or something names it."""
    if stage.all("CMD", "ENTRYPOINT") or not stage.instructions:
        return True
    # A stage that only hands over files is there for `--output`.
    if stage.base == "scratch" and not stage.all("RUN"):
        return True
    name = stage.name
    return name is not None and (_MADE_FOR_USE.search(name) is not None or _is_named_elsewhere(name, dockerfile, facts))


def _needed_by(targets: list[Stage], dockerfile: Dockerfile) -> set[int]:
    """The targets, and the stages that they build on or copy from."""
    needed: set[int] = set()
    waiting = list(targets)
    while waiting:
        stage = waiting.pop()
        if stage.index not in needed:
            needed.add(stage.index)
            waiting += [stage.parent] if stage.parent else []
            waiting += [s for name in stage.sources_named if (s := dockerfile.stage_named(name)) is not None]
    return needed


def _is_named_elsewhere(name: str, dockerfile: Dockerfile, facts: Facts) -> bool:
    """Whether what starts builds mentions the name."""
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)
    paths = [*facts.compose_files, *(path for path in facts.tree.paths() if _STARTERS.search(path))]
    texts = (facts.tree.read(path) for path in paths[:_MOST_READ])
    others = (other.text for path, other in facts.dockerfiles.items() if path != dockerfile.path)
    # Most texts do not have it at all, which the plain search tells many times faster than the pattern.
    plain = name.lower()
    return any(
        plain in text.content.lower() and word.search(text.content) is not None
        for text in (*texts, *others)
        if text is not None
    )
