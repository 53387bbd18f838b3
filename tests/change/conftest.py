"""Real git repositories to read changes from."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Files = Mapping[str, str | bytes | Path | None]
"""Contents by path: a Path is what a symbolic link points at, None a file that goes away."""

_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Tester"), ("EMAIL", "tester@example.org"), ("DATE", "2024-01-01T00:00:00Z"))
}


class Scene:
    """A repository on disk, changed as a person would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str, stdin: bytes | None = None, ok: bool = True) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        variables = {**kept, **_IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=variables, input=stdin, check=ok, capture_output=True)
        return os.fsdecode(done.stdout).rstrip("\n")

    def write(self, files: Files) -> None:
        for path, content in files.items():
            place = self.folder / path
            if place.is_symlink() or content is None or isinstance(content, Path):
                place.unlink(missing_ok=True)
            if content is None:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                place.symlink_to(content)
            else:
                place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Files, message: str = "files") -> str:
        """Commit everything after these files were written; gives the commit's id."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.git("rev-parse", "HEAD")

    def commit_tree(self, tree: str, *parents: str) -> str:
        """A commit of a tree that no ``git add`` would make."""
        return self.git("commit-tree", "-m", "tree", *(word for parent in parents for word in ("-p", parent)), tree)

    def tree(self, *entries: tuple[str, str, str]) -> str:
        """A tree object of (mode, object id, name), checked by nobody."""
        data = b"".join(
            f"{mode} ".encode() + os.fsencode(name) + b"\0" + bytes.fromhex(object_id)
            for mode, object_id, name in entries
        )
        return self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=data)

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def clone(self, folder: Path, *options: str) -> Scene:
        self.git("clone", "--quiet", *options, f"file://{self.folder}", str(folder))
        return Scene(folder)


@pytest.fixture
def new_scene(tmp_path: Path) -> Callable[..., Scene]:
    """``new_scene(name, *options)``: an empty repository."""

    def make(name: str = "repository", *options: str) -> Scene:
        folder = tmp_path / name
        folder.mkdir()
        scene = Scene(folder)
        scene.git("init", "--quiet", *options)
        return scene

    return make


@pytest.fixture
def scene(new_scene: Callable[..., Scene]) -> Scene:
    return new_scene()
