"""Paths that build definitions name, as paths of the repository's tree: nothing outside of it, nothing remote."""

from __future__ import annotations

import posixpath


class OutsideTree(Exception):
    """A path that leads out of the repository: why it is not followed, for a person."""


def tree_path(folder: str, written: str) -> str:
    """A path that is written relative to a folder, relative to the repository's root (``""``).

    Raises OutsideTree.
    """
    if "://" in written or written.startswith(("git@", "github.com/")):
        raise OutsideTree("its context is not in this repository, and remote contexts are not fetched")
    joined = posixpath.normpath(posixpath.join(folder, written))
    if posixpath.isabs(joined) or joined == ".." or joined.startswith("../") or written.startswith("~"):
        raise OutsideTree(f"{written!r} lies outside of this repository")
    return "" if joined == "." else joined
