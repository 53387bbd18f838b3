"""A project: what several Compose files say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from reviewbot.source.compose_project.trouble import ProjectProblem
from reviewbot.source.yaml_nodes import Entry, Node


class Project(Struct, frozen=True, eq=False):
    """The effective configuration of ``files``, the first laid under the others.

    ``root`` is in long syntax throughout, merged, extended, with what is included, and with the variables of
    ``.env`` and all defaults put in; its values still are Compose's notation (``$$`` is a ``$``; a variable that
    nobody sets stays). Relative paths count from ``folder``, the project's folder in the repository. Every node knows
    where it was written (``path``, ``span``). A service's ``environment`` has the variables of its ``env_file`` too.
    """

    files: tuple[str, ...]
    folder: str
    name: str
    root: Node
    variables: Mapping[str, str] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    """All files that have a say, there or not: included and extended ones, ``.env`` and ``env_file``."""
    problems: tuple[ProjectProblem, ...] = ()
    is_complete: bool = True
    """False where a file that has a say was not to be had: what seems to be missing may be there."""

    def section(self, name: str) -> Mapping[str, Entry]:
        """The entries of ``services``, ``networks``, ``volumes``, ``secrets``, ``configs`` or ``models``."""
        node = self.root.get(name)
        return dict(node.items()) if node else {}

    def services(self) -> Iterator[tuple[str, Node]]:
        for name, entry in self.section("services").items():
            if entry.value.is_mapping:
                yield name, entry.value

    def service(self, name: str) -> Node | None:
        """A service that is a mapping."""
        node = self.root.get("services", name)
        return node if node is not None and node.is_mapping else None
