"""The head's files for its builds: those of its commit, or those that lie in the workspace."""

from __future__ import annotations

from functools import partial

from reviewbot.change.export import export_tree
from reviewbot.change.model import Tree
from reviewbot.change.read import ReadChange
from reviewbot.change.workspace import export_workspace
from reviewbot.image.build.building import Version
from reviewbot.settings import Settings

_FROM_WORKSPACE = (
    "The head was built from the workspace, with the files that were generated there; the base from its commit alone."
)
_OTHER_COMMIT = (
    "The head was built from its commit alone, although `context: workspace` is set: the workspace has another commit "
    "checked out. Give `ref: ${{ github.event.pull_request.head.sha }}` to actions/checkout."
)


def head_version(read: ReadChange, tree: Tree, settings: Settings) -> Version:
    """The head; ``tree`` has its files. The Dockerfile is the commit's in any case: that is the one which is reviewed."""
    committed = partial(export_tree, read.repository, read.head_tree)
    if settings.context == "git":
        return Version("head", tree, committed)
    if read.workspace is None:
        return Version("head", tree, committed, note=_OTHER_COMMIT)
    return Version("head", tree, partial(export_workspace, read.workspace), note=_FROM_WORKSPACE)
