"""Which files are read, and as what."""

from __future__ import annotations

import enum
import fnmatch
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from reviewbot.source.ignore_pattern import PathPattern


class Kind(enum.Enum):
    """What a file is read as."""

    DOCKERFILE = "dockerfile"
    COMPOSE = "compose"
    IGNORE = "ignore"


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


_NAMES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.IGNORE, _any_of(".dockerignore", "*.dockerignore")),
    (
        Kind.COMPOSE,
        _any_of(
            *(f"{name}.{end}" for name in ("compose", "compose[._-]*") for end in ("yaml", "yml")),
            *(f"docker-compose*.{end}" for end in ("yaml", "yml")),
        ),
    ),
    (
        Kind.DOCKERFILE,
        _any_of(
            *("Dockerfile", "dockerfile", "Dockerfile[._-]*", "*.Dockerfile", "*.dockerfile"),
            *("Containerfile", "Containerfile[._-]*", "*.Containerfile", "*.containerfile"),
        ),
    ),
)

_NOT_DOCKERFILES = _any_of(
    *("*.md", "*.rst", "*.adoc", "*.txt", "*.html", "*.license", "*.sha256", "*.asc"),
    *("*.sh", "*.py", "*.js", "*.ts", "*.json", "*.yml", "*.yaml", "*.toml", "*.xml", "*.lock"),
    *("*.orig", "*.bak", "*.swp", "*.rej", "*.diff", "*.patch", "*~"),
    *("*.j2", "*.jinja", "*.jinja2", "*.tmpl", "*.tpl", "*.template", "*.erb", "*.ejs", "*.hbs", "*.mustache", "*.in"),
    *("*.gotmpl", "*.rego"),
)
"""Names such as ``Dockerfile.md``, ``Dockerfile.j2`` and ``Dockerfile.patch``: text about Dockerfiles, and templates of
them, which are no Dockerfiles until somebody renders them."""

_WORKFLOWS = ".github/workflows/"
"""A workflow named ``docker-compose.yml`` tests a Compose file, and is none."""


_NOT_OURS = frozenset(("__fixtures__", "fixtures", "node_modules", "testdata", "third_party", "vendor"))
"""Folders of what tests are fed with, and of other people's projects: nobody here builds or runs it."""


def kind_of(path: str, extra: Mapping[Kind, Sequence[str]] | None = None) -> Kind | None:
    """What a repository path is read as; None for a file that does not matter here.

    ``extra`` holds further patterns, which win over the usual names: of whole repository paths (``*`` within a folder,
    ``**`` across folders), or of names in any folder where they have no ``/``.
    """
    name = path.rpartition("/")[2]
    for kind, patterns in (extra or {}).items():
        if any(path == pattern or matches_path(pattern, path) for pattern in patterns):
            return kind
    if path.startswith(_WORKFLOWS) or in_foreign_folder(path):
        return None
    kind_found = next((kind for kind, names in _NAMES if names.match(name)), None)
    if kind_found is Kind.DOCKERFILE and _NOT_DOCKERFILES.match(name):
        return None
    return kind_found


def in_foreign_folder(path: str) -> bool:
    """Whether a path lies in a folder of what tests are fed with, or of other people's projects."""
    return not _NOT_OURS.isdisjoint(path.split("/")[:-1])


def matches_path(pattern: str, path: str) -> bool:
    """Whether a pattern means a repository path: the whole of it where the pattern has a ``/``, else its name.

    With a ``/`` at the end it means all that is below a folder.
    """
    compiled = _pattern(f"{pattern}**" if pattern.endswith("/") else pattern)
    return compiled is not None and compiled.matches(path if "/" in pattern else path.rpartition("/")[2])


@lru_cache
def _pattern(pattern: str) -> PathPattern | None:
    """A pattern that is ready to match; None for one that nothing matches, such as ``[``."""
    compiled = PathPattern(pattern.lstrip("/"))
    try:
        compiled.matches("")
    except re.error:
        return None
    return compiled
