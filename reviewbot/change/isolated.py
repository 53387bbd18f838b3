"""A repository's objects without its configuration.

What a stranger's repository can make git run or obey (filters, drivers, hooks, monitors, promised objects that are
fetched when they are read, attributes) hangs on its git directory. So its objects, and its index, are read through a
git directory of our own, which borrows them and has no configuration at all.
"""

from __future__ import annotations

import os
from pathlib import Path

from reviewbot.change.git import Repository, quoted


def isolate(repository: Repository, scratch: Path) -> Repository:
    """The same objects, read through a git directory made below ``scratch``, which must live as long.

    New objects go there as well: nothing is written to the repository.
    """
    isolated = _own_directory(repository, scratch)
    lent = os.fsencode(repository.common_dir.absolute() / "objects")
    alternates = scratch / "own.git" / "objects" / "info" / "alternates"
    alternates.parent.mkdir(parents=True, exist_ok=True)
    alternates.write_bytes(quoted(lent) + b"\n")
    return isolated


def isolate_for_fetch(repository: Repository, scratch: Path) -> Repository:
    """A git directory of our own below ``scratch`` that writes to the repository's objects.

    Git records there, too, at which commits a fetched history ends: through a link, as it locks what the link means.
    """
    isolated = _own_directory(repository, scratch)
    (scratch / "own.git" / "shallow").symlink_to(repository.common_dir.absolute() / "shallow")
    return isolated.with_environment({"GIT_OBJECT_DIRECTORY": str(repository.common_dir.absolute() / "objects")})


def _own_directory(repository: Repository, scratch: Path) -> Repository:
    own = scratch / "own.git"
    form = repository.run("rev-parse", "--show-object-format").decode("ascii").strip()
    repository.run("init", "--quiet", "--bare", "--template=", f"--object-format={form}", "--", str(own.absolute()))
    return repository.with_environment({"GIT_DIR": str(own.absolute())})
