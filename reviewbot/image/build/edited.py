"""Build contexts of a version with some of its files edited."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from reviewbot.change.problem import GitProblem
from reviewbot.facts import EditedTree
from reviewbot.image.build.building import Exporter, Version
from reviewbot.image.model.trial import Edits


def edited(version: Version, edits: Edits, name: str, apart: str | None = None) -> Version:
    """The same version with other texts in some of its files; ``name`` is what progress calls it.

    The file ``apart`` is another one for who reads it, and in build contexts the version's own.
    """

    def export(folder: str, destination: Path, max_bytes: int) -> int:
        written = version.export(folder, destination, max_bytes)
        _write({path: text for path, text in edits.items() if path != apart}, folder, destination)
        return written

    exporter: Exporter = export
    return Version(name, EditedTree(version.tree, edits), exporter)


def _write(edits: Edits, folder: str, destination: Path) -> None:
    """Put the edited files in place of the version's own. Raises GitProblem where one is behind a link."""
    name = folder.strip("/")
    prefix = f"{name}/" if name not in ("", ".") else ""
    for path, text in edits.items():
        if text is None or not path.startswith(prefix):
            continue
        place = destination / path[len(prefix) :]
        if not _is_plain(place, destination):
            raise GitProblem(f"{path} is a link, or lies behind one")
        executable = place.exists() and place.stat().st_mode & stat.S_IXUSR
        place.write_bytes(text.to_bytes())
        place.chmod(0o755 if executable else 0o644)
        os.utime(place, (0, 0))
        os.utime(place.parent, (0, 0))


def _is_plain(place: Path, root: Path) -> bool:
    """Whether neither the file nor a folder on the way to it is a link that a stranger's tree has brought."""
    parents = [parent for parent in place.parents if parent.is_relative_to(root)]
    return not place.is_symlink() and all(parent.is_dir() and not parent.is_symlink() for parent in parents)
