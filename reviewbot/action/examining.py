"""Two commits of the workspace's repository become a review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec.structs import replace

from reviewbot.action.checkout import bring_commits
from reviewbot.action.inputs import read_inputs, read_words
from reviewbot.action.runtime import Runtime
from reviewbot.change.folder import EmptyTree
from reviewbot.change.model import Tree
from reviewbot.change.objects import BlobReader, CommitTree
from reviewbot.change.read import ReadChange, read_change
from reviewbot.finding import Notice
from reviewbot.github.outputs import commands_stopped
from reviewbot.image.docker.engine import Engine
from reviewbot.image.model.report import ImageReport
from reviewbot.measured_elsewhere import Elsewhere, read_elsewhere
from reviewbot.run.change import gather
from reviewbot.run.choices import settings_from
from reviewbot.run.configuration import configuration_notices
from reviewbot.run.gathered import Gathered
from reviewbot.settings import Settings

MOST_SPREAD = 256
"""Images that are spread over jobs: GitHub's limit of a matrix."""


class Case(msgspec.Struct, frozen=True):
    """A change that is read and not yet judged, with the settings of its base."""

    runtime: Runtime
    read: ReadChange
    settings: Settings
    notices: tuple[Notice, ...]

    def noting(self, notices: Iterable[Notice]) -> Case:
        """The same, with more to say."""
        return replace(self, notices=(*self.notices, *notices))

    def gather(self, images: Sequence[ImageReport] = (), only: Sequence[str] = ()) -> Gathered:
        """All that the core needs; ``images`` are those that an earlier run measured: then this one builds none.

        ``only`` names the images to build, where it is not all.
        """
        event = self.runtime.event
        builds = self.settings.build and event.may_build and not images
        settings = self.settings if builds else msgspec.structs.replace(self.settings, build=False)
        if event.pull is not None and event.pull.is_fork:
            # Whoever writes a fork's files must not learn what docker's login may see.
            settings = msgspec.structs.replace(settings, registry_logins=())
        notices = list(self.notices)
        if self.settings.build and not images and event.notice:
            notices.append(Notice(event.notice))
        if settings.secrets and (event.is_read_only or (event.pull is not None and event.pull.is_fork)):
            settings = msgspec.structs.replace(settings, secrets={})
            notices.append(Notice("No secrets were given to the builds: the pull request is a stranger's."))
        elsewhere = self._elsewhere() if builds else None
        if elsewhere is not None:
            settings = msgspec.structs.replace(settings, max_images=MOST_SPREAD)
        engine = Engine.find() if builds and elsewhere is None else None
        with commands_stopped(self.runtime.log):
            gathered = gather(
                self.read,
                settings,
                engine=engine,
                notices=notices,
                progress=self.runtime.say,
                only=only,
                elsewhere=elsewhere,
            )
        if images and not gathered.head.reports:
            gathered = replace(gathered, head=replace(gathered.head, reports=tuple(images)))
        return gathered

    @property
    def trees(self) -> tuple[str, str]:
        """What the change is between, as git names it: two jobs with the same speak of the same change."""
        return self.read.base_tree or "", self.read.head_tree

    def _elsewhere(self) -> Elsewhere | None:
        """What the other jobs of this run measured, where the input ``measured`` says where it lies."""
        patterns = read_words(self.runtime, "measured")
        return read_elsewhere(self.runtime.workspace, patterns, *self.trees) if patterns else None


@contextmanager
def opened(
    runtime: Runtime, base: str | None, head: str, *, config_of: str | None = None, **overrides: Any
) -> Iterator[Case]:
    """Read the change from ``base`` to ``head``; ``config_of`` is the commit whose configuration counts: the base's.

    ``overrides`` are settings that the event decides, named with ``_`` for ``-``. Raises GitProblem and SettingsProblem.
    """
    ancestor = bring_commits(runtime, base, head)
    inputs = read_inputs(runtime) | {name.replace("_", "-"): value for name, value in overrides.items()}
    with read_change(runtime.workspace, ancestor or head, head, merge_base=ancestor or head) as read:
        with BlobReader(read.repository) as blobs:
            commit = config_of or base
            configured: Tree = CommitTree(read.repository, commit, blobs) if commit else EmptyTree()
            settings = settings_from(configured, inputs)
            notices = configuration_notices(configured, read.change.head_tree)
        yield Case(runtime, read, settings, notices)
