"""What a build context holds, and what of it has no business in an image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewbot.facts import Facts
from reviewbot.source.compose import ComposeFile
from reviewbot.source.dockerfile import Dockerfile, Instruction


@dataclass(frozen=True)
class Unwanted:
    """Something that usually lies in a context on disk and should stay out of it.

    ``patterns`` are the lines of an ignore file that keep it out, ``probe`` a path it would have, relative to the
    context; ``harm`` says what happens when it is copied. ``tracked`` counts the commit's own files of the kind:
    leaving those out changes what the image holds, so that is not done unasked.
    """

    name: str
    patterns: tuple[str, ...]
    probe: str
    harm: str
    tracked: int = 0


_MANIFESTS = frozenset(
    {
        *(
            "package.json",
            "go.mod",
            "requirements.txt",
            "pyproject.toml",
            "setup.py",
            "Pipfile",
            "Cargo.toml",
            "pom.xml",
        ),
        *("build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "mix.exs", "Makefile", "CMakeLists.txt"),
    }
)
_BAKE_FILES = ("docker-bake.hcl", "docker-bake.json", "docker-bake.override.hcl", "docker-bake.override.json")


def is_bake_context(name: str, facts: Facts) -> bool:
    """Whether a bare name after FROM is one that a bake file of the repository gives to a build context."""
    if not name.replace("-", "").replace("_", "").isalnum():
        return False
    return any(text is not None and name in text.content for text in map(facts.tree.read, _BAKE_FILES))


def is_known_context(dockerfile: Dockerfile, facts: Facts) -> bool:
    """Whether the folder that is taken for the context is more than a guess: the root, or a project of its own."""
    context = facts.context_of(dockerfile.path)
    if not context or any(
        compose.path for compose in facts.compose_files.values() if _builds(compose, dockerfile.path)
    ):
        return True
    return any(facts.tree.size(posixpath.join(context, name)) is not None for name in _MANIFESTS)


def _builds(compose: ComposeFile, dockerfile: str) -> bool:
    """Whether a Compose file may be the one that says how a Dockerfile is built."""
    folder = posixpath.dirname(compose.path)
    return any(service.get("build") is not None for service in compose.services) and _is_below(dockerfile, folder)


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


def unwanted_in(dockerfile: Dockerfile, folder: str, facts: Facts) -> list[Unwanted]:
    """What a copy of ``folder`` would bring in and the ignore file in force does not keep out."""
    context = facts.context_of(dockerfile.path)
    files = facts.files_in(context)
    ignore = facts.ignore_file_for(dockerfile.path)
    named = {source.value.lstrip("./") for i in _copies(dockerfile) for source in i.sources}
    return [
        unwanted
        for unwanted in _kinds(files, context, dockerfile, facts)
        if _is_below(unwanted.probe, folder)
        and not (ignore is not None and ignore.excludes(unwanted.probe))
        and not any(_is_below(unwanted.probe, name) for name in named if name)
    ]


def _copies(dockerfile: Dockerfile) -> Iterator[Instruction]:
    for stage in dockerfile.stages:
        yield from (i for i in stage.all("COPY", "ADD") if i.flag("from") is None)


def _is_below(path: str, folder: str) -> bool:
    folder = folder.rstrip("/")
    return not folder or path == folder or path.startswith(f"{folder}/")


def _kinds(files: Mapping[str, int], context: str, dockerfile: Dockerfile, facts: Facts) -> Iterator[Unwanted]:
    if not context and not _reads_git(dockerfile, facts):
        yield Unwanted(
            ".git",
            (".git",),
            ".git/HEAD",
            "the whole history, with every secret ever removed from it, and a layer that no commit leaves cached",
        )
    for manifest in sorted(p for p in files if posixpath.basename(p) == "package.json" and "node_modules/" not in p):
        folder = posixpath.dirname(manifest)
        probe = posixpath.join(folder, "node_modules/.package-lock.json")
        tracked = sum("node_modules/" in path for path in files)
        yield Unwanted(
            "node_modules",
            ("**/node_modules",),
            probe,
            "packages built for the author's machine over those that the image installs",
            tracked,
        )
        break
    tracked = sum(_is_local_environment(path) for path in files)
    yield Unwanted(
        ".env",
        ("**/.env", "**/.env.*", "!**/.env.example"),
        ".env",
        "local settings and secrets, readable by everybody who pulls the image",
        tracked,
    )


def _is_local_environment(path: str) -> bool:
    name = posixpath.basename(path)
    return name == ".env" or (
        name.startswith(".env.") and not name.endswith((".example", ".sample", ".template", ".dist"))
    )


def _reads_git(dockerfile: Dockerfile, facts: Facts) -> bool:
    """Whether the build asks git for something: a version, mostly."""
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN"):
            if instruction.script and any(
                c.program == "git" and c.subcommand != "clone" for c in instruction.script.commands
            ):
                return True
    context = facts.context_of(dockerfile.path)
    project = facts.tree.read(posixpath.join(context, "pyproject.toml"))
    return project is not None and any(t in project.content for t in ("setuptools_scm", "setuptools-scm", "hatch-vcs"))


def ignore_lines(unwanted: list[Unwanted]) -> list[str]:
    """The lines that keep all of it out."""
    return [pattern for each in unwanted for pattern in each.patterns]


def shipped_instructions(dockerfile: Dockerfile) -> set[Instruction]:
    """The instructions whose layers end up in the image."""
    return {i for stage in dockerfile.shipped_stages for i in stage.instructions}
