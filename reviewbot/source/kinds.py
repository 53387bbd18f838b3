"""Which files are read, and as what."""

from __future__ import annotations

import enum
import fnmatch
from collections.abc import Mapping, Sequence


class Kind(enum.Enum):
    """What a file is read as."""

    DOCKERFILE = "dockerfile"
    COMPOSE = "compose"
    IGNORE = "ignore"


_NAMES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.IGNORE, (".dockerignore", "*.dockerignore")),
    (Kind.COMPOSE, ("compose*.yaml", "compose*.yml", "docker-compose*.yaml", "docker-compose*.yml")),
    (Kind.DOCKERFILE, ("Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile*")),
)

_NOT_DOCKERFILES = (
    *(
        "*.md",
        "*.rst",
        "*.txt",
        "*.html",
        "*.sh",
        "*.py",
        "*.json",
        "*.yml",
        "*.yaml",
        "*.lock",
        "*.orig",
        "*.bak",
        "*.swp",
    ),
    *("*.j2", "*.jinja", "*.jinja2", "*.tmpl", "*.tpl", "*.template", "*.erb", "*.mustache", "*.in", "*.gotmpl"),
)
"""Names such as ``Dockerfile.md`` and ``Dockerfile.j2``: text about Dockerfiles, and templates of them, which are no
Dockerfiles until somebody renders them."""


def kind_of(path: str, extra: Mapping[Kind, Sequence[str]] | None = None) -> Kind | None:
    """What a repository path is read as; None for a file that does not matter here.

    ``extra`` holds further glob patterns of whole repository paths; they win over the usual names.
    """
    for kind, patterns in (extra or {}).items():
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
            return kind
    name = path.rpartition("/")[2]
    for kind, patterns in _NAMES:
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            templated = kind is Kind.DOCKERFILE and any(fnmatch.fnmatchcase(name, p) for p in _NOT_DOCKERFILES)
            return None if templated else kind
    return None
