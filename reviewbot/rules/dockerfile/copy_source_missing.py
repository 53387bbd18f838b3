"""COPY of what is not there."""

from __future__ import annotations

import difflib
import fnmatch
import posixpath
from collections.abc import Iterator, Mapping

from reviewbot.context import is_known_context
from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Word

_SOURCES = (
    ".py", ".js", ".ts", ".mjs", ".cjs", ".rb", ".php", ".go", ".rs", ".java", ".sh", ".conf", ".cfg", ".ini", ".toml", ".yml",
    ".yaml", ".txt", ".json", ".lock", ".xml", ".sql", ".template", ".csproj", ".sln", ".mod", ".sum", ".gradle", ".kts",
)  # fmt: skip
"""Ends of names of what people write and commit; binaries and archives may be made before the build."""
_MADE = (
    "dist",
    "build",
    "target",
    "out",
    "bin",
    "node_modules",
    "vendor",
    "release",
    "artifacts",
    "publish",
    "coverage",
)


@rule(
    "copy-source-missing",
    title="Copy files that are there",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def copy_source_missing(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A `COPY` of a file that is not in the build context stops the build. Mostly it was renamed, moved or misspelt; capitals
    count in an image, whatever the author's machine says.

    Fine for what is made before the build is started: binaries, `dist`, what `.gitignore` names.

    Bad (misspelt, and another case):
        --- Dockerfile
        FROM python:3.12.2-slim
        COPY requirement.txt /app/  # <- finding
        COPY readme.md src /app/  # <- finding
        --- requirements.txt
        --- README.md
        --- src/app.py
    Good:
        --- Dockerfile
        FROM python:3.12.2-slim
        COPY requirements.txt /app/
        COPY README.md src /app/
    Bad (moved):
        --- Dockerfile
        FROM python:3.12.2-slim
        COPY gunicorn.conf.py /app/  # <- finding
        COPY app /app
        --- app/main.py
        --- deploy/gunicorn.conf.py
    Good:
        --- Dockerfile
        FROM python:3.12.2-slim
        COPY deploy/gunicorn.conf.py /app/
        COPY app /app
    Bad (gone):
        --- Dockerfile
        FROM python:3.12.2-slim
        COPY entrypoint.sh pyproject.toml /  # <- finding
        --- pyproject.toml
    Also good (made before the build, or ignored by git):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY app /usr/local/bin/app
        COPY target/app.jar dist/index.js /srv/
        COPY version.json settings.local.json /srv/
        COPY app.conf /etc/
        --- .gitignore
        version.json
        *.local.json
        --- app.conf
    Also good (globs that match; optional ones; variables; remote; other contexts):
        --- Dockerfile
        FROM debian:12.5-slim
        ARG CONF
        COPY *.conf package-lock.json* yarn.loc[k] /etc/
        COPY ${CONF}.yaml /etc/
        ADD https://example.org/a.json /a.json
        COPY --from=assets a.json /a.json
        COPY app.conf /etc/
        --- app.conf
    Also good (whatever the context is, it is not this folder):
        --- docker/Dockerfile
        FROM debian:12.5-slim
        COPY app/settings.py /srv/
        COPY docker/start.sh /srv/
        --- app/settings.py
        --- docker/start.sh
    """
    if not is_known_context(dockerfile, facts):
        return
    context = facts.context_of(dockerfile.path)
    files = facts.files_in(context)
    missing: list[tuple[Word, str, str]] = []
    present = 0
    for stage in dockerfile.stages:
        for instruction in stage.all("COPY", "ADD"):
            if instruction.flag("from") is not None or instruction.flag("parents") is not None:
                continue
            for word in instruction.sources:
                value = dockerfile.expand(word.value, instruction)
                path = posixpath.normpath("/" + value).lstrip("/") if value and "://" not in value else ""
                if not path or value is None or value.startswith(("git@", "{", "<", "@")):
                    continue
                if _exists(path, files):
                    present += 1
                elif not any(char in path for char in "*?[\\"):
                    missing.append((word, path, stage.label))
    # With nothing of what is copied in place, it is the context that is not where it was looked for.
    if not present and len(missing) > 1:
        return
    for word, path, label in missing:
        if context and _exists(path, facts.files_in("")):
            continue
        if _is_made(path, context, facts):
            continue
        near = _near(path, files)
        if near is None and (not path.endswith(_SOURCES) or not present):
            continue
        plain = near is not None and word.raw.count(path) == 1 and " " not in near and "$" not in word.raw
        yield Problem(
            at=word.span,
            message=f"{code(path)} is not in the build context" + (f"; there is {code(near)}" if near else ""),
            subject=f"{label} {path}",
            why=f"The builder looks in {code(context) if context else 'the root of the repository'}, and stops here.",
            advice="" if plain else "Name a file that is there, or commit this one.",
            edits=[Edit(dockerfile.path, word.span, word.raw.replace(path, near or path))] if plain else [],
            severity=None if near else Severity.WARNING,
            confidence=Confidence.HIGH if near and near.lower() == path.lower() else Confidence.MEDIUM,
        )


def _exists(path: str, files: Mapping[str, int]) -> bool:
    """Whether a file, a folder, or something that a pattern means is there."""
    if path in files:
        return True
    if any(char in path for char in "*?["):
        return any(fnmatch.fnmatchcase(name, path) or fnmatch.fnmatchcase(name, f"{path}/*") for name in files)
    return any(name.startswith(f"{path}/") for name in files)


def _is_made(path: str, context: str, facts: Facts) -> bool:
    """Whether it is something that a build before this one makes: by its folder, or because git ignores it."""
    if any(part in _MADE for part in path.split("/")[:-1]) or path in _MADE:
        return True
    whole = posixpath.join(context, path) if context else path
    folders = [""]
    for part in posixpath.dirname(whole).split("/"):
        folders.append(posixpath.join(folders[-1], part))
    for folder in dict.fromkeys(folders):
        text = facts.tree.read(posixpath.join(folder, ".gitignore"))
        if text is None:
            continue
        inner = whole[len(folder) :].lstrip("/")
        if any(_git_ignores(line.strip(), inner) for line in text.content.splitlines()[:2_000]):
            return True
    return False


def _git_ignores(pattern: str, path: str) -> bool:
    """Whether a line of ``.gitignore`` may mean a path or a folder above it; rather too often than too seldom."""
    if not pattern or pattern.startswith(("#", "!")) or len(pattern) > 200:
        return False
    parts = path.split("/")
    if "/" in pattern.rstrip("/"):
        pattern = pattern.strip("/").removeprefix("**/")
        heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        return any(fnmatch.fnmatchcase(head, pattern) for head in heads)
    return any(fnmatch.fnmatchcase(part, pattern.rstrip("/")) for part in parts)


def _near(path: str, files: Mapping[str, int]) -> str | None:
    """What is probably meant: the name in another case, a misspelling of it, or the only file of that name elsewhere."""
    folders = {posixpath.dirname(name) for name in files}
    known = [*files, *(folder for folder in folders if folder)]
    same = [name for name in known if name.lower() == path.lower()]
    if len(same) == 1:
        return same[0]
    beside = [name for name in files if posixpath.dirname(name) == posixpath.dirname(path)]
    close = difflib.get_close_matches(path, beside[:500], n=2, cutoff=0.9)
    if len(close) == 1 and posixpath.splitext(close[0])[1] == posixpath.splitext(path)[1]:
        return close[0]
    name = posixpath.basename(path)
    moved = [each for each in files if posixpath.basename(each) == name]
    return moved[0] if len(moved) == 1 and "." in name and "/" not in path else None
