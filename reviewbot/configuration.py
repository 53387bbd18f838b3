"""The configuration file: its settings, and the line on which each stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewbot.settings import Settings, SettingsProblem, read_settings
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text
from reviewbot.source.yaml_nodes import Node

MOST_VALUES = 10_000
"""Values that a configuration may have, aliases counted as what they stand for."""


class Configuration:
    """A configuration file's content, and where its parts stand. Raises SettingsProblem for what is no mapping."""

    def __init__(self, text: Text | None) -> None:
        self._text = text
        self._root = _read(text) if text is not None else None
        self.values: dict[str, Any] = _Plainer().plain(self._root) if self._root is not None else {}

    def settings(self, overrides: Mapping[str, Any]) -> Settings:
        """The file's settings, with options that win over them. Raises SettingsProblem that names file and line."""
        try:
            return read_settings(self.values, dict(overrides))
        except SettingsProblem as problem:
            raise self.located(problem) from None

    def located(self, problem: SettingsProblem) -> SettingsProblem:
        """The same problem with file and line, where it is one of this file."""
        if self._text is None or self._root is None or not problem.keys:
            return problem
        node, span = self._root, None
        for key in problem.keys:
            if isinstance(key, int):
                if key >= len(node.elements()):
                    break
                node = node.elements()[key]
                span = node.span
            else:
                entry = node.entry(key)
                if entry is None:
                    break
                node, span = entry.value, entry.key_span
        if span is None:
            return problem
        line = self._text.line_of(span.start)
        name = ".".join(str(key) for key in problem.keys)
        words = problem.message if f"`{problem.keys[-1]}`" in problem.message else f"`{name}`: {problem.message}"
        return SettingsProblem(f"{self._text.path}:{line}: {words}", problem.keys)


def _read(text: Text) -> Node | None:
    from reviewbot.source.yaml_reader import read_yaml

    try:
        document = read_yaml(text)
    except SourceProblem as problem:
        raise SettingsProblem(f"{text.path}:{problem.line}: {problem.message}") from None
    root = document.root
    if document.more:
        line = text.line_of(document.more[0].span.start)
        raise SettingsProblem(f"{text.path}:{line}: settings are one YAML document, without `---` between")
    if root.value is None:
        return None
    if not root.is_mapping:
        raise SettingsProblem(f"{text.path}:1: settings are written as `name: value`")
    return root


class _Plainer:
    """Nodes as plain values; what many aliases would blow up is cut off."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def plain(self, node: Node) -> Any:
        self._left -= 1
        if self._left < 0:
            raise SettingsProblem(f"the settings have more than {MOST_VALUES} values")
        if node.is_mapping:
            return {key: self.plain(entry.value) for key, entry in node.items()}
        if node.is_sequence:
            return [self.plain(item) for item in node.elements()]
        return node.value
