"""The example change as a repository of two commits."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewbot.change.git import environment
from reviewbot.change.problem import GitProblem

_AUTHOR = {
    "GIT_AUTHOR_NAME": "reviewbot",
    "GIT_AUTHOR_EMAIL": "demo@localhost",
    "GIT_COMMITTER_NAME": "reviewbot",
    "GIT_COMMITTER_EMAIL": "demo@localhost",
}


@contextmanager
def demo_repository() -> Iterator[Path]:
    """A temporary git repository: ``HEAD~1`` is the service as it was, ``HEAD`` the change that makes it worse."""
    versions = Path(__file__).parent
    with tempfile.TemporaryDirectory(prefix="reviewbot-demo-") as scratch:
        folder = Path(scratch) / "shop"
        folder.mkdir()
        _git(folder, "init", "--quiet", "--initial-branch=main")
        for version, message in (("base", "A web service"), ("head", "Add a database and a token")):
            shutil.copytree(versions / version, folder, dirs_exist_ok=True)
            _git(folder, "add", "--all")
            _git(folder, "commit", "--quiet", "--message", message)
        yield folder


def _git(folder: Path, *arguments: str) -> None:
    try:
        subprocess.run(["git", *arguments], cwd=folder, env=environment(_AUTHOR), check=True, capture_output=True)
    except FileNotFoundError:
        raise GitProblem("git is not installed, or not on PATH") from None
