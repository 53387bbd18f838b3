"""Files of a tree that are Compose files because others say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reviewbot.change.model import Tree
from reviewbot.source.kinds import Kind, kind_of


def linked_in(tree: Tree, extra: Mapping[Kind, Sequence[str]]) -> tuple[str, ...]:
    """The files of a tree that its Compose files include or extend, and that their names do not tell apart.

    ``extra`` are the patterns of further files, as for ``kind_of``. Reads nothing where no file can be one.
    """
    compose_files: list[str] = []
    others: set[str] = set()
    for path in tree.paths():
        if not path.endswith((".yml", ".yaml")):
            continue
        kind = kind_of(path, extra)
        if kind is Kind.COMPOSE:
            compose_files.append(path)
        elif kind is None and not path.startswith(".github/"):
            others.add(path)
    if not compose_files or not others:
        return ()
    from reviewbot.source.compose_project.linked import linked_files  # only now: it takes its time to load

    return linked_files(compose_files, others, tree.read)
