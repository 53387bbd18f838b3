"""Changes in real git repositories, planned and measured as a review does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from reviewbot.change.model import Tree
from reviewbot.change.read import ReadChange, read_change
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.baseline.known_bases import known_bases
from reviewbot.image.docker.engine import Engine
from reviewbot.image.measure import Measured, measure_images
from reviewbot.image.model.report import ImageReport
from reviewbot.image.planning.bake import PrintBake
from reviewbot.image.planning.bake_print import BakePrinter
from reviewbot.image.planning.context import build_contexts
from reviewbot.image.planning.plan import plan_images
from reviewbot.image.planning.planned import PlannedImage
from reviewbot.settings import Settings
from reviewbot.source.kinds import kind_of

Files = Mapping[str, str | bytes | Path]
"""Contents by path; a Path is what a symbolic link points at."""


class Changed:
    """A change from some files to others, committed one after the other."""

    def __init__(self, read: ReadChange, settings: Settings) -> None:
        self.read = read
        self.settings = settings
        self.base = self._facts(read.change.base_tree)
        self.head = self._facts(read.change.head_tree)

    def _facts(self, tree: Tree) -> Facts:
        kinds = {path: kind for path in tree.paths() if (kind := kind_of(path))}
        facts = Facts.gather(tree, kinds, [text for path in kinds if (text := tree.read(path))])
        return replace(facts, contexts=build_contexts(facts, self.settings))

    def plan(self, ask: PrintBake | None = None) -> tuple[tuple[PlannedImage, ...], tuple[Notice, ...]]:
        """``ask`` reads bake files: the buildx of this machine."""
        ask = ask or BakePrinter(os.environ).printed
        return plan_images(self.read.change, self.base, self.head, self.settings, ask)

    def measure(self, engine: Engine | None = None, **options: object) -> Measured:
        engine = engine or Engine.find()
        planned, _ = self.plan()
        if self.settings.baseline is not None and "known" not in options:
            options["known"] = known_bases(self.read, self.settings, lambda reference: None)[0]
        return measure_images(self.read, planned, self.base, self.head, self.settings, engine, **options)  # type: ignore[arg-type]

    def report(self, **options: object) -> ImageReport:
        """The one image's report."""
        (report,) = self.measure(**options).reports  # type: ignore[arg-type]
        return report


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[Callable[..., Changed]]:
    """``changed(base, head, **settings)``: files of two commits as a Change. RUN has no network."""
    with ExitStack() as stack:

        def make(base: Files, head: Files, **settings: object) -> Changed:
            folder = tmp_path / f"repository-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            git(folder, "init", "--quiet", "--initial-branch=main")
            commit(folder, base)
            commit(folder, head)
            read = stack.enter_context(read_change(folder, "HEAD~1", "HEAD"))
            return Changed(read, Settings(**{"network": "none", **settings}))  # type: ignore[arg-type]

        yield make


def commit(folder: Path, files: Files) -> None:
    for path in git(folder, "ls-files").splitlines():
        (folder / path).unlink()
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            place.symlink_to(content)
        else:
            place.write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=files")


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout
