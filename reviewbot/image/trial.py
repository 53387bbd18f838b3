"""Builds that only try something: the head as it is with suggestions applied."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from reviewbot.change.export import export_tree
from reviewbot.change.problem import GitProblem
from reviewbot.change.read import ReadChange
from reviewbot.facts import EditedTree
from reviewbot.image.build import Conditions, Unbuilt, Version, build_version
from reviewbot.image.bytes import parse_bytes
from reviewbot.image.engine import Engine, EngineProblem, EngineUnavailable
from reviewbot.image.model import Edits, ImageSpec, Trial
from reviewbot.settings import Settings


class TrialBuilds:
    """Builds the head with edits, within the time that is left of what all builds may take; the images are removed."""

    def __init__(
        self,
        read: ReadChange,
        engine: Engine,
        settings: Settings,
        seconds: float,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._read = read
        self._engine = engine
        self._progress = progress
        self._conditions = Conditions(
            deadline=time.monotonic() + seconds,
            max_context=parse_bytes(settings.max_context),
            frontends=settings.frontends,
            network=settings.network,
        )

    def __call__(self, spec: ImageSpec, edits: Edits) -> Trial:
        if time.monotonic() >= self._conditions.deadline:
            return Trial(None, "no time was left to build it")
        version = Version(
            "head with suggestions",
            EditedTree(self._read.change.head_tree, edits),
            partial(_export, self._read, edits),
        )
        try:
            with self._engine.connect() as connection:
                built = build_version(connection, spec, version, self._conditions, self._progress)
                if isinstance(built, Unbuilt):
                    return Trial(None, built.reason, is_to_blame=built.failure is not None)
                try:
                    info = connection.inspect(built.image)
                finally:
                    with suppress(EngineProblem):
                        connection.remove(built.image)
                return Trial(info.size if info else None, "" if info else "the engine lost the image it had built")
        except (EngineUnavailable, EngineProblem) as problem:
            return Trial(None, str(problem))


def _export(read: ReadChange, edits: Edits, folder: str, destination: Path, max_bytes: int) -> int:
    """The head's files, with the edited ones in place of their own."""
    written = export_tree(read.repository, read.head_tree, folder, destination, max_bytes)
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
    return written


def _is_plain(place: Path, root: Path) -> bool:
    """Whether neither the file nor a folder on the way to it is a link that a stranger's tree has brought."""
    parents = [parent for parent in place.parents if parent.is_relative_to(root)]
    return not place.is_symlink() and all(parent.is_dir() and not parent.is_symlink() for parent in parents)
