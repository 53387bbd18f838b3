"""What a copy of the build context would bring in that its ignore file should keep out, as far as the repository tells."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from reviewbot.context.copies import context_copies, is_below
from reviewbot.context.entries import ECOSYSTEMS, HISTORY, LEFT_BEHIND, SETTINGS, Entry
from reviewbot.facts import Facts
from reviewbot.image.bytes import format_bytes
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.ignore import IgnoreFile, parse_ignore
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

_MOST_PROJECTS = 40
"""Manifests of one ecosystem that are looked at: a pattern for any folder covers the others."""

_MOST_FOLDERS = 100
"""Copied folders of one Dockerfile that are looked into."""

_NEEDED_BY_NOBODY = frozenset(
    {
        *(".github", ".gitlab", ".circleci", "docs", "doc", "test", "tests", "__tests__", "e2e", "spec", "examples"),
        *("screenshots", "cypress", "benchmarks", "testdata", "fixtures"),
    }
)
_WORTH_NAMING = 1_000_000
"""Bytes of a folder that is needed by nobody in an image."""

_ENVIRONMENT_LIBRARIES = (
    "dotenv",
    "python-decouple",
    "environs",
    "django-environ",
    "pydantic-settings",
    "laravel/framework",
)


class Unwanted(Struct, frozen=True):
    """An entry that is not kept out. ``probe`` is a path it has, ``patterns`` the lines that keep it out, both relative to
    the context; ``files`` and ``size`` (bytes) count what the commit itself holds of it: leaving that out changes what the
    image holds, so it is not done unasked."""

    entry: Entry
    probe: str
    patterns: tuple[str, ...]
    files: int
    size: int

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def matters(self) -> bool:
        """Whether it is worth a finding, not only a line beside others."""
        return bool(self.entry.harm)

    @property
    def measured(self) -> str:
        """``.git`` or ``.env (3 files, 1.2 kB)``: with what the commit holds of it, in words."""
        if not self.files:
            return f"`{self.name}`"
        return f"`{self.name}` ({_count(self.files)}, {format_bytes(self.size)})"


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"


class Context:
    """A Dockerfile's build context as the commit holds it."""

    def __init__(self, dockerfile: Dockerfile, facts: Facts) -> None:
        self._dockerfile = dockerfile
        self._facts = facts
        self.folder = facts.context_of(dockerfile.path)
        self.ignore = facts.ignore_file_for(dockerfile.path)
        self._unwanted: dict[str, list[Unwanted]] = {}

    @cached_property
    def files(self) -> dict[str, int]:
        """Sizes in bytes by path, relative to the context."""
        return self._facts.files_in(self.folder)

    def unwanted(self, folder: str) -> list[Unwanted]:
        """What a copy of ``folder`` would bring in, those that matter first."""
        if folder not in self._unwanted:
            self._unwanted[folder] = self._in_folder(folder) if len(self._unwanted) < _MOST_FOLDERS else []
        return self._unwanted[folder]

    def _in_folder(self, folder: str) -> list[Unwanted]:
        named = {
            source.value.removeprefix("./").strip("/") for i in context_copies(self._dockerfile) for source in i.sources
        }
        found: dict[str, Unwanted] = {}
        for entry, place in self._candidates():
            probe = posixpath.join(place, entry.probe)
            if entry.name in found or not is_below(probe, folder) or self._is_settled(probe):
                continue
            own = posixpath.join(place, entry.probe.partition("/")[0])
            if any(is_below(probe, name) or is_below(name, own) for name in named if name):
                continue
            patterns = tuple(p if p.startswith(("**/", "!")) else posixpath.join(place, p) for p in entry.patterns)
            files, size = self._weight(patterns)
            if not files or entry.is_never_source:
                found[entry.name] = Unwanted(entry, probe, patterns, files, size)
        return sorted(found.values(), key=lambda each: not each.matters)

    def _is_settled(self, probe: str) -> bool:
        """Whether the ignore file keeps it out, or lets it in by a line for it: somebody wants it."""
        return self.ignore is not None and (self.ignore.excludes(probe) or self.ignore.readmits(probe))

    def described(self) -> str:
        """How much the commit puts into the context, and which large folders of it an image seldom needs."""
        files = {path: size for path, size in self.files.items() if not (self.ignore and self.ignore.excludes(path))}
        total = sum(files.values())
        words = f"The commit's part of the context is {_count(len(files))}, {format_bytes(total)}"
        heavy: dict[str, int] = {}
        for path, size in files.items():
            top = path.partition("/")[0]
            if top in _NEEDED_BY_NOBODY:
                heavy[top] = heavy.get(top, 0) + size
        told = [f"`{name}` ({format_bytes(size)})" for name, size in sorted(heavy.items()) if size >= _WORTH_NAMING]
        return f"{words}; see whether the image needs {', '.join(told)}." if told else f"{words}."

    def _candidates(self) -> Iterator[tuple[Entry, str]]:
        """Entries that may be there, each with the project's folder."""
        if not self.folder and not self._reads_git():
            yield HISTORY, ""
        programs = {
            c.program for s in self._dockerfile.stages for i in s.all("RUN") if i.script for c in i.script.commands
        }
        for ecosystem in ECOSYSTEMS:
            for folder in self._projects(ecosystem.manifests):
                yield from (
                    (entry, folder) for entry in ecosystem.entries if not entry.made_by or entry.made_by & programs
                )
        yield (SETTINGS if self._has_settings() else Entry(SETTINGS.name, SETTINGS.patterns, SETTINGS.probe)), ""
        for name in self._gitignored():
            yield Entry(name, (f"**/{name}",), name.replace("*", "a")), ""

    def _projects(self, manifests: Sequence[str]) -> list[str]:
        folders = []
        for path in self.files:
            name = posixpath.basename(path)
            is_manifest = name in manifests or any(m.startswith(".") and name.endswith(m) for m in manifests)
            if is_manifest and "node_modules/" not in path and "vendor/" not in path:
                folders.append(posixpath.dirname(path))
        return sorted(set(folders), key=lambda folder: (folder.count("/"), folder))[:_MOST_PROJECTS]

    def _weight(self, patterns: Sequence[str]) -> tuple[int, int]:
        ignore = _as_ignore(patterns)
        words = [max(re.split(r"[*?]", p.rpartition("/")[2]), key=len) for p in patterns if not p.startswith("!")]
        likely = (path for path in self.files if any(word in path for word in words))
        sizes = [self.files[path] for path in likely if ignore and ignore.excludes(path)]
        return len(sizes), sum(sizes)

    def _reads_git(self) -> bool:
        """Whether the build asks git for something: a version, mostly."""
        for stage in self._dockerfile.stages:
            for instruction in stage.all("RUN"):
                commands = instruction.commands
                if any(c.program == "git" and c.subcommand not in ("clone", "config", "lfs") for c in commands):
                    return True
                if "target=.git" in instruction.argument_text or any(
                    ".git" in (flag.value or "") for flag in instruction.flags
                ):
                    return True
        return self._mentions(
            "pyproject.toml", ("setuptools_scm", "setuptools-scm", "hatch-vcs", "dunamai", "versioneer")
        )

    def _has_settings(self) -> bool:
        """Whether somebody here keeps settings in ``.env``."""
        if any(posixpath.basename(path).startswith(".env") for path in self.files):
            return True
        if any(line.strip().strip("/*") in (".env", ".env.local", ".env.") for line in self._gitignore_lines()):
            return True
        manifests = ("package.json", "requirements.txt", "pyproject.toml", "Gemfile", "composer.json", "Pipfile")
        return any(self._mentions(name, _ENVIRONMENT_LIBRARIES) for name in manifests)

    def _mentions(self, name: str, words: Sequence[str]) -> bool:
        text = self._facts.tree.read(posixpath.join(self.folder, name)) if name in self.files else None
        return text is not None and any(word in text.content for word in words)

    def _gitignore_lines(self) -> list[str]:
        """The lines of the context's own ``.gitignore``: one further up speaks of other projects too."""
        text = self._facts.tree.read(posixpath.join(self.folder, ".gitignore"))
        return text.content.splitlines()[:2_000] if text else []

    def _gitignored(self) -> list[str]:
        """The names that git ignores here and that an image does not need."""
        names = (line.strip().removeprefix("**/").strip("/") for line in self._gitignore_lines())
        return list(dict.fromkeys(name for name in names if name in LEFT_BEHIND))


def _as_ignore(patterns: Sequence[str]) -> IgnoreFile | None:
    try:
        return parse_ignore(Text(".dockerignore", "\n".join(patterns)))
    except SourceProblem:
        return None


def ignore_lines(unwanted: Sequence[Unwanted]) -> list[str]:
    """The lines that keep all of it out."""
    return list(dict.fromkeys(pattern for each in unwanted for pattern in each.patterns))


def brought_in(unwanted: Sequence[Unwanted], *, ships: bool) -> str:
    """What the copy brings in, and what comes of it, in words."""
    harms = "; ".join(f"{each.measured}: {each.entry.harm}" for each in unwanted if each.matters)
    reach = "." if ships else ". They stay in this build stage, but they are sent to it and spoil its cache."
    is_there = any(each.files or each.name == ".git" for each in unwanted if each.matters)
    copy = "The copy brings in" if is_there else "Built from a folder that somebody works in, the copy brings in"
    return f"{copy} {harms}{reach}"
