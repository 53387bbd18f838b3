"""Variables put in: what ``.env`` says and what defaults say, with everything else left as it is written."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from reviewbot.source.compose_project.trouble import Report, Trouble
from reviewbot.source.interpolation import InterpolationProblem, put_in
from reviewbot.source.yaml_nodes import Entry, Node


class Interpolation:
    """Puts variables into nodes, each distinct node once however many aliases reach it.

    The result still is Compose's own notation: a value's ``$`` is ``$$``, and a variable that nobody sets stays as it
    is written, because on the machine that runs it somebody may.
    """

    def __init__(self, variables: Mapping[str, str], report: Report) -> None:
        self._variables = variables
        self._report = report
        self._done: dict[int, tuple[Node, Node]] = {}

    def node(self, node: Node) -> Node:
        """The node with variables put in; itself where nothing changes. Keys are left alone, as Compose does."""
        known = self._done.get(id(node))
        if known is not None:
            return known[1]
        self._report.spend(1)
        result = self._new(node)
        # The node is kept with its result, so that no other one can come to have its id.
        self._done[id(node)] = (node, result)
        return result

    def _new(self, node: Node) -> Node:
        value = node.value
        if isinstance(value, str):
            return self._scalar(node, value) if "$" in value else node
        if isinstance(value, tuple):
            items = tuple(self.node(item) for item in value)
            return node if all(a is b for a, b in zip(items, value, strict=True)) else replace(node, value=items)
        if isinstance(value, Mapping):
            entries = {key: self._entry(entry) for key, entry in value.items()}
            same = all(entries[key] is value[key] for key in value)
            return node if same else replace(node, value=entries)
        return node

    def _entry(self, entry: Entry) -> Entry:
        value = self.node(entry.value)
        return entry if value is entry.value else replace(entry, value=value)

    def _scalar(self, node: Node, value: str) -> Node:
        try:
            result = put_in(value, self._variables)
        except InterpolationProblem as problem:
            self._report.add(Trouble.VARIABLE, problem.message, node, problem.subject)
            return node
        return node if result == value else replace(node, value=result)
