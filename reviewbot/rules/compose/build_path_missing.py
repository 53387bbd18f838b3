"""Builds of what is not there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.compose_project_rules import Placed, agreed
from reviewbot.rules.left_out import may_be_there
from reviewbot.rules.near_names import nearest_name, renamed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_project.paths import is_absolute, is_remote, resolved
from reviewbot.source.compose_project.project import Project
from reviewbot.source.interpolation import interpolate
from reviewbot.source.yaml_nodes import Node

_OF_PATHS = 0.85
"""How near a path must be: ``Dockerfile.prod`` that is missing need not mean ``Dockerfile``."""


@rule(
    "build-path-missing",
    title="Build from files that are there",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def build_path_missing(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`build:` names a folder, a Dockerfile or a stage that this repository does not have: `docker compose build` fails
    for everybody who clones it. The Dockerfile's path counts from the context, and the context from the folder of the
    project's first Compose file.

    Fine for what `.gitignore` names and for submodules: that is there when somebody works with it. Contexts elsewhere
    (URLs, absolute paths) and paths with variables are not looked at.

    Bad:
        --- compose.yaml
        services:
          api:
            build: ./bakend  # <- finding
          web:
            build:
              context: ./web
              dockerfile: prod.Dokerfile  # <- finding
          worker:
            build:
              context: .
              target: fnal  # <- finding
        --- backend/Dockerfile
        FROM debian:12.5-slim
        --- web/prod.Dockerfile
        FROM debian:12.5-slim
        --- Dockerfile
        FROM debian:12.5-slim AS build
        FROM debian:12.5-slim AS final
    Good:
        --- compose.yaml
        services:
          api:
            build: ./backend
          web:
            build:
              context: ./web
              dockerfile: prod.Dockerfile
          worker:
            build:
              context: .
              target: final
    Bad (a folder without a Dockerfile, and another one than there is):
        --- compose.yaml
        services:
          web:
            build:
              context: .
              dockerfile: Dockerfile.prod  # <- finding
          tool:
            build:
              context: tools  # <- finding
        --- tools/README.md
        Tools.
        --- Dockerfile
        FROM debian:12.5-slim
    Also good:
        --- compose.yaml
        services:
          generated:
            build: ./dist
          inside:
            build:
              context: vendored/project
          inline:
            build:
              context: .
              dockerfile_inline: FROM debian:12.5-slim
          elsewhere:
            build: https://github.com/example/app.git#v1.4.2
          variable:
            build: ${APP_DIR}/app
          absolute:
            build: /srv/app
          named:
            build:
              context: .
              dockerfile: docker/app.Dockerfile
              target: BUILD
        --- docker/app.Dockerfile
        FROM debian:12.5-slim AS build
        FROM debian:12.5-slim
        --- .gitignore
        /dist/
        --- .gitmodules
        [submodule "project"]
            path = vendored/project
            url = https://example.org/project.git
    """

    def find(project: Project) -> Iterator[Placed]:
        for service, node in project.services():
            build = node.get("build")
            if build is None or not build.is_mapping or build.get("dockerfile_inline") is not None:
                continue
            yield from _in_build(compose, facts, project, service, build)

    yield from agreed(compose, facts, find)


def _in_build(compose: ComposeFile, facts: Facts, project: Project, service: str, build: Node) -> Iterator[Placed]:
    context, named = build.get("context"), build.get("dockerfile")
    written = _text(context, ".")
    name = _text(named, "Dockerfile")
    if written is None or name is None or is_remote(written) or is_absolute(written) or is_absolute(name):
        return
    folder = resolved(project.folder, written)
    dockerfile = resolved(folder, name) if folder is not None else None
    if folder is None or dockerfile is None:
        return
    if facts.tree.size(dockerfile) is not None:
        yield from _target(compose, facts, service, build, dockerfile)
        return
    if may_be_there(dockerfile, facts) or may_be_there(folder or ".", facts):
        return
    at = named or context or build
    what = f"Dockerfile {code(dockerfile)}"
    near = None
    if folder and not _is_folder(facts, folder):
        at, what = context or build, f"folder {code(folder)}"
        near = nearest_name(folder, _folders(facts), nearness=_OF_PATHS)
    elif named is not None:
        near = nearest_name(
            posixpath.basename(name), _dockerfiles(facts, posixpath.dirname(dockerfile)), nearness=_OF_PATHS
        )
    problem = Problem(
        at=at.span,
        message=f"There is no {what} for {code(service)} to be built from"
        + (f": {code(near)} is meant?" if near else ""),
        subject=f"{service} {'folder' if at is context else 'dockerfile'}",
        why="The build fails for everybody who clones this repository.",
        advice="Name the folder and the Dockerfile that there are, relative to this project's folder and to the context.",
        edits=_moved(compose, at, near) if near else [],
    )
    yield Placed(at.path, problem)


def _target(compose: ComposeFile, facts: Facts, service: str, build: Node, dockerfile: str) -> Iterator[Placed]:
    node = build.get("target")
    target = _text(node, "")
    known = facts.dockerfiles.get(dockerfile)
    if node is None or not target or known is None or known.stage_named(target) is not None:
        return
    names = [stage.name for stage in known.stages if stage.name]
    meant = nearest_name(target, names)
    problem = Problem(
        at=node.span,
        message=f"{code(dockerfile)} has no stage {code(target)}" + (f": {code(meant)} is meant?" if meant else ""),
        subject=f"{service} target",
        why="The build fails.",
        advice=f"Its stages are {', '.join(code(name) for name in names[:8])}."
        if names
        else "None of its stages has a name.",
        edits=renamed(compose, node.path, node.span, target, meant),
    )
    yield Placed(node.path, problem)


def _moved(compose: ComposeFile, at: Node, near: str) -> list[Edit]:
    """The last part of a path replaced by that of a near one in the same place."""
    written = at.scalar or ""
    return renamed(compose, at.path, at.span, posixpath.basename(written.rstrip("/")), posixpath.basename(near))


def _text(node: Node | None, default: str) -> str | None:
    if node is None or node.scalar is None:
        return default
    return interpolate(node.scalar)


def _is_folder(facts: Facts, folder: str) -> bool:
    return any(path.startswith(f"{folder}/") for path in facts.tree.paths())


def _folders(facts: Facts) -> set[str]:
    """The folders that hold a Dockerfile."""
    return {posixpath.dirname(path) for path in facts.dockerfiles}


def _dockerfiles(facts: Facts, folder: str) -> list[str]:
    return [posixpath.basename(path) for path in facts.dockerfiles if posixpath.dirname(path) == folder]
