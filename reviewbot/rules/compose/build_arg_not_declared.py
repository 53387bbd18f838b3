"""Build arguments that the Dockerfile does not take."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code, listed
from reviewbot.rules.near_names import nearest_name
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_image import dockerfile_path
from reviewbot.source.compose import ComposeFile, EnvironmentVariable, Service, environment_of
from reviewbot.source.distribution import is_known_to_run_as_root
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference
from reviewbot.source.text import Span

_PREDEFINED = frozenset(
    (
        *("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "SOURCE_DATE_EPOCH"),
        *("TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH"),
    )
)

_MOST_LOOKED_FOR = 50
"""Arguments of one service that a near name is looked for: nobody mistypes more."""


@rule(
    "build-arg-not-declared",
    title="Pass only build arguments that the Dockerfile declares",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    fixable=True,
)
def build_arg_not_declared(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A build argument without an `ARG` of its name in the Dockerfile changes nothing: the build goes on with the default,
    and only a warning in its log says so. Mostly the name was mistyped, or the `ARG` was taken out.

    Fine for the arguments that every build knows (`HTTP_PROXY`, `BUILDKIT_…`), and where the base image may take them
    with an `ONBUILD ARG`: so only bases that are known to have none are judged.

    Bad:
        --- compose.yaml
        services:
          app:
            build:
              context: .
              args:
                NODE_VERSON: "22"  # <- finding
        --- Dockerfile
        ARG NODE_VERSION=20
        FROM node:${NODE_VERSION}-slim
    Good:
        --- compose.yaml
        services:
          app:
            build:
              context: .
              args:
                NODE_VERSION: "22"
    Bad (which one is wrong only you know):
        --- compose.yaml
        services:
          app:
            build:
              context: .
              args:
                - GIT_SHA=${GIT_SHA}  # <- finding
        --- Dockerfile
        FROM node:22.11-slim
    Also good:
        --- compose.yaml
        services:
          app:
            build:
              context: .
              args:
                NODE_VERSION: "22"
                HTTP_PROXY: http://proxy:3128
                BUILDKIT_INLINE_CACHE: 1
          other:
            build:
              context: ./other
              args: [ANYTHING=1]
          onbuild:
            build:
              context: ./onbuild
              args: [CHROME_VERSION=130]
        --- Dockerfile
        ARG NODE_VERSION=20
        FROM node:${NODE_VERSION}-slim
        --- onbuild/Dockerfile
        FROM example.org/factory:4.3.0
    """
    seen: set[Span] = set()
    for service in compose.services:
        path = dockerfile_path(facts.as_used(service))
        dockerfile = facts.dockerfiles.get(path) if path else None
        if dockerfile is None or (dockerfile.syntax and "docker/dockerfile" not in dockerfile.syntax):
            continue
        if not _is_all_in_sight(dockerfile):
            continue
        declared = _declared(dockerfile)
        unknown = [a for a in environment_of(service.get("build", "args")) if not _is_known(a.name, declared)]
        others = []
        names = sorted(declared)
        for position, argument in enumerate(unknown):
            if argument.span in seen:
                continue
            seen.add(argument.span)
            near = nearest_name(argument.name, names) if position < _MOST_LOOKED_FOR else None
            if near:
                yield _problem(service, dockerfile, [argument], near)
            else:
                others.append(argument)
        if others:
            yield _problem(service, dockerfile, others)


def _problem(service: Service, dockerfile: Dockerfile, arguments: list[EnvironmentVariable], near: str = "") -> Problem:
    names = [argument.name for argument in arguments]
    return Problem(
        at=arguments[0].span,
        message=f"The Dockerfile takes no build argument {listed(names)}",
        subject=f"{service.name} {arguments[0].name}",
        why=f"{code(dockerfile.path)} has no `ARG` of {'that name' if len(names) == 1 else 'these names'}, so the build "
        "does not see the value.",
        advice=f"Did you mean {code(near)}?" if near else "Declare them with `ARG`, or drop them here.",
        edits=_edits(service.file, arguments[0], near) if near else [],
    )


def _is_all_in_sight(dockerfile: Dockerfile) -> bool:
    """Whether no base can bring an ARG of its own: what an ONBUILD of it declares is not in the file."""
    for stage in dockerfile.stages:
        name = dockerfile.base_image(stage)
        reference = parse_reference(name) if name else None
        if (
            reference is None
            or not (name == "scratch" or is_known_to_run_as_root(reference))
            or "onbuild" in (name or "")
        ):
            return False
    return True


def _declared(dockerfile: Dockerfile) -> set[str]:
    names = {assignment.name for i in dockerfile.instructions if i.keyword == "ARG" for assignment in i.assignments}
    triggers = [i.trigger for i in dockerfile.instructions if i.trigger is not None and i.trigger.keyword == "ARG"]
    return names | {assignment.name for trigger in triggers for assignment in trigger.assignments}


def _is_known(name: str, declared: set[str]) -> bool:
    return name in declared or name.upper() in _PREDEFINED or name.startswith("BUILDKIT_")


def _edits(compose: ComposeFile, argument: EnvironmentVariable, name: str) -> list[Edit]:
    written = compose.text[argument.span]
    start = written.find(argument.name)
    if start not in (0, 1) or compose.is_shared(argument.span):
        return []
    begin = argument.span.start + start
    return [Edit(compose.path, Span(begin, begin + len(argument.name)), name)]
