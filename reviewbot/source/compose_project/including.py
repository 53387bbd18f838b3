"""``include``: the resources of another project become this one's."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.source.compose_project.making import with_entries
from reviewbot.source.compose_project.trouble import Report, Trouble
from reviewbot.source.yaml_nodes import Entry, Node

_SECTIONS = ("services", "volumes", "networks", "secrets", "configs", "models")


def imported(own: Node, model: Node, at: Node, report: Report) -> Node:
    """A file's root with the resources of an included model; one that both define differently is a conflict."""
    sections: dict[str, Entry] = dict(own.items())
    for name in _SECTIONS:
        brought = model.entry(name)
        if brought is None or not brought.value.is_mapping:
            continue
        present = sections.get(name)
        if present is None or not present.value.is_mapping:
            sections[name] = brought
            continue
        entries = dict(present.value.items())
        for key, entry in brought.value.items():
            known = entries.setdefault(key, entry)
            if known is not entry and not _is_same(known.value, entry.value, report):
                message = f"`{name}.{key}` is defined here and, differently, in what {at.path} includes"
                report.add(Trouble.CONFLICT, message, known.value, key)
        value = with_entries(present.value, entries.values())
        sections[name] = Entry(name, present.key_span, value, present.span)
    return with_entries(own, sections.values())


def _is_same(one: Node, other: Node, report: Report) -> bool:
    report.spend(1)
    if isinstance(one.value, Mapping) and isinstance(other.value, Mapping):
        if one.value.keys() != other.value.keys():
            return False
        pairs = [(one.value[key].value, other.value[key].value) for key in one.value]
    elif isinstance(one.value, tuple) and isinstance(other.value, tuple):
        if len(one.value) != len(other.value):
            return False
        pairs = list(zip(one.value, other.value, strict=True))
    else:
        return one.value == other.value
    return all(_is_same(a, b, report) for a, b in pairs)
