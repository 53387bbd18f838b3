"""Files that are not in a repository's tree and may be there all the same."""

from __future__ import annotations

from reviewbot.facts import Facts
from reviewbot.source.git_ignored import is_left_out


def may_be_there(path: str, facts: Facts) -> bool:
    """Whether a path is behind a symlink or a submodule, or is kept out of commits by ``.gitignore``."""
    parts = path.split("/")
    if any(facts.tree.is_link("/".join(parts[: count + 1])) for count in range(len(parts))):
        return True
    return is_left_out(path, facts.tree.read)
