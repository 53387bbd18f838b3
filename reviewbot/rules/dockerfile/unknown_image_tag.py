"""Tags that the registry does not have."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context.built_here import is_built_here
from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference
from reviewbot.source.text import Span


@rule(
    "unknown-image-tag",
    title="Name a tag that the registry has",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    depends_on_facts=True,
)
def unknown_image_tag(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The registry has the repository and no such tag: a slip of the pen, a version that is not out yet, or a variant that is
    made no more. The build fails at its first line.

    Only told where the registry was asked and lets everybody see its tags. Fine for an image that is pushed between the review
    and the build; not told of images that the project itself builds.

    Bad:
        FROM node:22.11.0-slimm AS build  # <- finding
        RUN npm ci
        FROM scratch
        COPY --from=build /app /app
        --- unknown node:22.11.0-slimm
        [22.11.0-slim]
    Bad (in a stage of its own):
        FROM debian:13.1-slim
        COPY --from=nginx:1.99.0 /etc/nginx /etc/nginx  # <- finding
        --- unknown nginx:1.99.0
        []
    Also good (a script of the project builds it):
        --- Dockerfile
        FROM example/base:2.0
        --- unknown example/base:2.0
        ["1.9"]
        --- build.sh
        docker build -t example/base:2.0 base
    Also good (the registry was not asked):
        FROM node:22.11.0-slimm
    """
    if not facts.unknown_tags:
        return
    for stage in dockerfile.stages:
        if stage.parent is None:
            yield from _judge(dockerfile.expand(stage.base, stage.from_instruction), stage.base_span, facts)
        for instruction in stage.all("COPY"):
            source = instruction.flag("from")
            if source is not None and source.value and not dockerfile.stage_named(source.value):
                start = source.span.end - len(source.value)
                yield from _judge(dockerfile.expand(source.value, instruction), Span(start, source.span.end), facts)


def _judge(reference: str | None, at: Span, facts: Facts) -> Iterator[Problem]:
    image = parse_reference(reference) if reference and reference in facts.unknown_tags else None
    if image is None or reference is None or is_built_here(image, facts):
        return
    nearest = facts.unknown_tags[reference]
    yield Problem(
        at=at,
        message=f"{code(image.familiar_name)} has no tag {code(image.tag or 'latest')}",
        subject=reference,
        why=f"{code(image.domain)} was asked: the repository is there, and the build fails here.",
        advice=f"Is {' or '.join(map(code, nearest))} meant?" if nearest else "Look up which tags there are.",
    )
