"""The build context of a folder of this machine: what lies there, without git's own files and without what is ignored."""

from __future__ import annotations

import os
import posixpath
import shutil
from contextlib import suppress
from pathlib import Path

from reviewbot.change.model import Tree
from reviewbot.change.problem import GitProblem
from reviewbot.image.model.spec import ImageSpec
from reviewbot.source.ignore import IgnoreFile, parse_ignore
from reviewbot.source.problem import SourceProblem

_GIT = ".git"


def ignore_of(spec: ImageSpec, tree: Tree) -> IgnoreFile | None:
    """The ignore file that the builder reads for an image: the Dockerfile's own wins over the context's."""
    for path in (f"{spec.dockerfile}.dockerignore", posixpath.join(spec.context, ".dockerignore")):
        text = tree.read(path)
        if text is not None:
            with suppress(SourceProblem):
                return parse_ignore(text)
            return None
    return None


def copy_context(
    root: Path, ignore: IgnoreFile | None, context: str, folder: str, destination: Path, max_bytes: int
) -> int:
    """Copy a folder below ``root``; of the folder ``context`` what ``ignore`` excludes is left away.

    Symbolic links stay what they are. Returns the bytes copied. Raises GitProblem when they would be more than
    ``max_bytes``, OSError for what cannot be copied.
    """
    source = root / folder
    excludes = ignore.excludes if ignore is not None and folder.strip("/.") == context.strip("/.") else _nothing
    readmits = ignore is not None and any(pattern.negated for pattern in ignore.patterns)
    total = 0
    for here, folders, files in os.walk(source):
        inside = Path(here).relative_to(source)
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        folders[:] = [
            name
            for name in folders
            if name != _GIT and name not in links and (readmits or not excludes((inside / name).as_posix()))
        ]
        target = destination / inside
        target.mkdir(parents=True, exist_ok=True)
        for name in (*files, *links):
            path = (inside / name).as_posix()
            if name == _GIT or (excludes(path) and not path.endswith(".dockerignore")):
                continue
            place = Path(here) / name
            total += 0 if place.is_symlink() else place.stat().st_size
            if total > max_bytes:
                raise GitProblem(f"it is more than {max_bytes} bytes; a .dockerignore leaves out what no build needs")
            shutil.copy2(place, target / name, follow_symlinks=False)
    return total


def _nothing(path: str) -> bool:
    return False
