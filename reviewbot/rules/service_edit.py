"""Edits of a service: what cannot be made safely is no edit at all.

A place that an alias or a merge brings to several services is left alone: who edits it edits them all.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.finding import Edit
from reviewbot.source.compose import ComposeFile, Entry, Node, Service
from reviewbot.source.text import Span


def written(compose: ComposeFile, *keys: str) -> Iterator[tuple[Service, Entry]]:
    """Each place below these keys that is written in the file, once, with the first service that has it.

    The last key is the entry; those before it lead there.
    """
    seen: set[Span] = set()
    for service in compose.services:
        holder = service.get(*keys[:-1]) if len(keys) > 1 else service.node
        entry = holder.entry(keys[-1]) if holder else None
        if entry is not None and entry.value.span not in seen:
            seen.add(entry.value.span)
            yield service, entry


def added_key(service: Service, block: str) -> list[Edit]:
    """A key for a service. ``block`` is written with two spaces a level from column 1.

    No list for one that extends another: Compose puts the two lists together, and what is mended there comes twice.
    """
    file = service.file
    if service.node.entry(block.partition(":")[0]) is not None:
        return []
    if file.is_shared(service.node.span) or ("\n  - " in block and service.node.entry("extends") is not None):
        return []
    try:
        return [Edit(file.path, *file.insert_key(service, block))]
    except ValueError:
        return []


def added_item(service: Service, key: str, item: str) -> list[Edit]:
    """An item for a list of a service, which is made where it is missing."""
    file, sequence = service.file, service.get(key)
    if sequence is None:
        return added_key(service, f"{key}:\n  - {item}\n")
    entry = service.node.entry(key)
    if entry is None or entry.merged or file.is_shared(sequence.span):
        return []
    try:
        return [Edit(file.path, *file.append_item(sequence, item))]
    except ValueError:
        return []


def removed_key(service: Service, key: str, *below: str) -> list[Edit]:
    """A key of a service taken out; with ``below`` one that is nested in it."""
    file = service.file
    path = (key, *below)
    holder = service.get(*path[:-1]) if below else service.node
    if holder is None or file.is_shared(holder.span):
        return []
    try:
        return [Edit(file.path, file.removal_of(holder, path[-1]), "")]
    except ValueError:
        return []


def removed_item(service: Service, key: str, item: Node) -> list[Edit]:
    """An item of a service's list taken out, and the list with its only one."""
    file, sequence = service.file, service.get(key)
    if sequence is None or file.is_shared(sequence.span):
        return []
    if len(sequence.elements()) == 1:
        return removed_key(service, key)
    try:
        return [Edit(file.path, file.removal_of_item(sequence, item), "")]
    except ValueError:
        return []


def replaced(file: ComposeFile, node: Node, value: str) -> list[Edit]:
    """Another value for a scalar, in the quotes that it has. ``value`` needs none of its own."""
    raw = node.raw
    if node.is_alias or file.is_shared(node.span) or not raw or raw.startswith(("|", ">", "*", "&", "!")):
        return []
    quote = raw[0] if raw[0] in "\"'" else ""
    return [Edit(file.path, node.span, f"{quote}{value}{quote}")]


def quoted(file: ComposeFile, node: Node) -> list[Edit]:
    """Quotes around a plain scalar."""
    if node.is_alias or file.is_shared(node.span) or not node.raw or node.raw[0] in "\"'|>":
        return []
    return [Edit(file.path, node.span, f'"{node.raw}"')]
