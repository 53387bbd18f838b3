"""One configuration laid over another, by the merge rules of the Compose Specification.

Both are in long syntax. A sequence is appended to, a mapping is merged key by key, anything else is replaced; the
tables name the keys for which it is otherwise. A merged mapping stands where the lower one does.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from reviewbot.source.compose_project.making import made, with_entries, with_items
from reviewbot.source.compose_project.merging_lists import Identity, distinct, hosts, item_identities
from reviewbot.source.compose_project.trouble import Report, Trouble
from reviewbot.source.yaml_nodes import Entry, Node

RESET = "!reset"
OVERRIDE = "!override"

Merger = Callable[[Node, Node, Report], Node]


class _Keys(dict[str, "Merger | _Keys"]):
    """What holds for the keys of a mapping; ``*`` for every key."""

    def under(self, key: str) -> Merger | _Keys | None:
        return self.get(key) or self.get("*")


def merge_files(lower: Node, upper: Node, report: Report) -> Node:
    """The root of a file laid over what the files before it say."""
    return _merge(lower, upper, _ROOT, report)


def merge_services(lower: Node, upper: Node, report: Report) -> Node:
    """A service laid over the one that it extends."""
    return _merge(lower, upper, _SERVICE, report)


def settle(root: Node, report: Report) -> Node:
    """The configuration without what ``!reset`` takes away, and each list without what a later item replaces."""
    return _settled(root, _ROOT, report)


def _merge(lower: Node, upper: Node, rules: Merger | _Keys | None, report: Report) -> Node:
    report.spend(1)
    if upper.tag in (RESET, OVERRIDE) or lower.tag == RESET:
        return upper
    if callable(rules):
        return rules(lower, upper, report)
    if upper.value is None:
        return lower
    if lower.is_mapping and upper.is_mapping:
        return _merge_mappings(lower, upper, rules, report)
    if lower.is_sequence and upper.is_sequence:
        report.spend(len(lower.elements()) + len(upper.elements()))
        return with_items(lower, (*lower.elements(), *upper.elements()))
    if lower.value is not None and (lower.is_mapping or lower.is_sequence):
        kind = "a mapping" if lower.is_mapping else "a list"
        report.add(Trouble.CONFLICT, f"this replaces {kind}, and is none", upper, "merge")
        return lower
    return upper


def _merge_mappings(lower: Node, upper: Node, rules: _Keys | None, report: Report) -> Node:
    entries: dict[str, Entry] = dict(lower.items())
    report.spend(len(entries))
    for key, entry in upper.items():
        below = entries.get(key)
        if below is None or key.startswith("x-"):
            entries[key] = entry
            continue
        merged = _merge(below.value, entry.value, rules.under(key) if rules else None, report)
        if merged is entry.value:
            entries[key] = entry
        elif merged is not below.value:
            entries[key] = replace(below, value=merged)
    return with_entries(lower, entries.values())


def _replace(lower: Node, upper: Node, report: Report) -> Node:
    return upper


def _merge_values(lower: Node, upper: Node, report: Report) -> Node:
    """Variables, labels and the like: a key without a value is one that is passed through, and counts."""
    if not (lower.is_mapping and upper.is_mapping):
        return lower if upper.value is None else upper
    report.spend(len(dict(lower.items())))
    return with_entries(lower, {**dict(lower.items()), **dict(upper.items())}.values())


def _merge_logging(lower: Node, upper: Node, report: Report) -> Node:
    """Options belong to their driver: another one starts anew."""
    before, after = lower.get("driver"), upper.get("driver")
    if before is not None and after is not None and before.scalar != after.scalar:
        return upper
    return _merge(lower, upper, None, report)


def _merge_subnets(lower: Node, upper: Node, report: Report) -> Node:
    """``ipam.config``: what both say of one subnet is put together."""
    if not (lower.is_sequence and upper.is_sequence):
        return upper
    entries = {_subnet(item): item for item in lower.elements()}
    for item in upper.elements():
        below = entries.get(_subnet(item))
        entries[_subnet(item)] = _merge(below, item, None, report) if below else item
    return with_items(lower, entries.values())


def _subnet(item: Node) -> str | None:
    node = item.get("subnet")
    return node.scalar if node else None


def _merge_hosts(lower: Node, upper: Node, report: Report) -> Node:
    return with_items(lower, hosts(lower.elements(), upper.elements()))


def _merge_distinct(identity: Identity) -> Merger:
    def merge(lower: Node, upper: Node, report: Report) -> Node:
        if not (lower.is_sequence and upper.is_sequence):
            return lower if upper.value is None else upper
        items = (*lower.elements(), *upper.elements())
        report.spend(len(items))
        return with_items(lower, distinct(items, identity))

    return merge


def _settled(node: Node, rules: Merger | _Keys | None, report: Report) -> Node:
    report.spend(1)
    if not node.is_mapping:
        return node
    entries: list[Entry] = []
    changed = False
    for key, entry in node.items():
        if entry.value.tag == RESET:
            changed = True
            continue
        below = rules.under(key) if isinstance(rules, _Keys) else None
        value = entry.value
        if callable(below) and value.is_sequence:
            merged = below(made((), value), value, report)
            value = value if len(merged.elements()) == len(value.elements()) else merged
        elif not key.startswith("x-"):
            value = _settled(value, below, report)
        changed = changed or value is not entry.value
        entries.append(entry if value is entry.value else replace(entry, value=value))
    return with_entries(node, entries) if changed else node


_VALUES = ("annotations", "environment", "labels", "storage_opt", "sysctls")

_LABELLED = _Keys({"*": _Keys({"labels": _merge_values})})

_SERVICE = _Keys(
    {
        **dict.fromkeys(_VALUES, _merge_values),
        **{key: _merge_distinct(identity) for key, identity in item_identities().items()},
        "build": _Keys(
            {
                **dict.fromkeys(("additional_contexts", "args", "labels"), _merge_values),
                "extra_hosts": _merge_hosts,
                "tags": _merge_distinct(lambda item: item.scalar),
                "ulimits": _Keys({"*": _replace}),
            }
        ),
        "command": _replace,
        "deploy": _Keys({"labels": _merge_values}),
        "entrypoint": _replace,
        "extra_hosts": _merge_hosts,
        "healthcheck": _Keys({"test": _replace}),
        "logging": _merge_logging,
        "networks": _Keys(
            {"*": _Keys(dict.fromkeys(("aliases", "link_local_ips"), _merge_distinct(lambda item: item.scalar)))}
        ),
        "ulimits": _Keys({"*": _replace}),
    }
)

_ROOT = _Keys(
    {
        "services": _Keys({"*": _SERVICE}),
        "networks": _Keys({"*": _Keys({"labels": _merge_values, "ipam": _Keys({"config": _merge_subnets})})}),
        **dict.fromkeys(("configs", "secrets", "volumes"), _LABELLED),
    }
)
