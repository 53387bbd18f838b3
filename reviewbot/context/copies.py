"""What a Dockerfile copies from its build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.source.compose import ComposeFile
from reviewbot.source.dockerfile import Dockerfile, Instruction

_MANIFESTS = (
    *("package.json", "go.mod", "requirements.txt", "pyproject.toml", "setup.py", "Pipfile", "Cargo.toml", "pom.xml"),
    *("build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "mix.exs", "Makefile", "CMakeLists.txt"),
)
_BAKE_FILES = ("docker-bake.hcl", "docker-bake.json", "docker-bake.override.hcl", "docker-bake.override.json")


def is_bake_context(name: str, facts: Facts) -> bool:
    """Whether a bare name after FROM is one that a bake file of the repository gives to a build context."""
    if not name.replace("-", "").replace("_", "").isalnum():
        return False
    return any(text is not None and name in text.content for text in map(facts.tree.read, _BAKE_FILES))


def is_known_context(dockerfile: Dockerfile, facts: Facts) -> bool:
    """Whether the folder that is taken for the context is more than a guess: the root, or a project of its own.

    Nothing is known of one whose ignore file cannot be read.
    """
    if not facts.knows_ignore_file(dockerfile.path):
        return False
    context = facts.context_of(dockerfile.path)
    if not context or any(
        compose.path for compose in facts.compose_files.values() if _builds(compose, dockerfile.path)
    ):
        return True
    return any(facts.tree.size(posixpath.join(context, name)) is not None for name in _MANIFESTS)


def _builds(compose: ComposeFile, dockerfile: str) -> bool:
    """Whether a Compose file may be the one that says how a Dockerfile is built."""
    folder = posixpath.dirname(compose.path)
    return any(service.get("build") is not None for service in compose.services) and is_below(dockerfile, folder)


def folder_copies(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    """COPY and ADD instructions that take a folder's content from the context: the instruction, and the folder.

    The folder is relative to the context; ``""`` is all of it.
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("COPY", "ADD"):
            if instruction.flag("from") is not None:
                continue
            for source in instruction.sources:
                value = dockerfile.expand(source.value, instruction)
                if value is None or "://" in value:
                    continue
                folder = posixpath.normpath("/" + value.removesuffix("*")).lstrip("/")
                if folder == "" or value.endswith("/"):
                    yield instruction, folder


def context_copies(dockerfile: Dockerfile) -> Iterator[Instruction]:
    """COPY and ADD instructions that take something from the context, or from an address."""
    for stage in dockerfile.stages:
        yield from (i for i in stage.all("COPY", "ADD") if i.flag("from") is None)


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it; ``""`` is the folder of everything."""
    folder = folder.rstrip("/")
    return not folder or path == folder or path.startswith(f"{folder}/")


def shipped_instructions(dockerfile: Dockerfile) -> set[Instruction]:
    """The instructions whose layers end up in the image."""
    return {i for stage in dockerfile.shipped_stages for i in stage.instructions}
